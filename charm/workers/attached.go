package workers

// The folder of connectors that an operator attaches as a Juju resource: whether
// there is one, what an operator wants of it, and when it has to be looked at.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm/folder"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// AttachedResource is the name of the resource.
const AttachedResource = "connectors"

// AttachedPolicy is what the leader does about the attached connectors by itself.
type AttachedPolicy string

// The policies, from doing nothing to deleting what no file describes any more.
const (
	PolicyOff   AttachedPolicy = "off"
	PolicyPlan  AttachedPolicy = "plan" // says what would be done
	PolicyApply AttachedPolicy = "apply"
	PolicyPrune AttachedPolicy = "apply-and-prune"
)

func (p AttachedPolicy) applies() bool { return p == PolicyApply || p == PolicyPrune }

// Attached is what the options say about the attached connectors.
type Attached struct {
	Environment string // "": the only one
	Policy      AttachedPolicy
	Secrets     string // the URI of a Juju secret, or ""
}

func (c *check) attached(a Attached) {
	policies := []string{string(PolicyOff), string(PolicyPlan), string(PolicyApply), string(PolicyPrune)}
	c.expect(slices.Contains(policies, string(a.Policy)), "option connectors-policy is %q: set it to off, plan, apply or apply-and-prune%s",
		a.Policy, nearest.Hint(string(a.Policy), policies))
	c.expect(!strings.ContainsAny(a.Environment, "/\\"), "option connectors-env is %q: write the name of a folder in connectors/", a.Environment)
	c.expect(a.Secrets == "" || strings.HasPrefix(a.Secrets, "secret:"),
		"option connectors-secrets is not the URI of a Juju secret: juju add-secret prints one (secret:…)")
}

// errNothingAttached is for those who ask for what is not there.
var errNothingAttached = errors.New("no connectors are attached")

// archive is what is attached, before anybody has looked into it.
type archive struct {
	Attached
	path        string
	fingerprint string // of all that what is wanted depends on, besides this charm
	options     folder.Options
}

// attached asks Juju for the resource; nil where nothing is attached. An empty
// file is nothing: Juju 4 wants one for every resource when a charm is deployed.
func (u *Unit) attached(ctx context.Context) (*archive, error) {
	settings, err := u.Settings(ctx)
	if err != nil {
		return nil, err
	}
	m, err := u.recall(ctx)
	if err != nil {
		return nil, err
	}
	path, err := u.Resource(ctx, AttachedResource)
	if errors.Is(err, juju.ErrNotFound) {
		return nil, nil
	}
	if err != nil && m.Owner == "" {
		u.Log().Warn("nothing is known to be attached", "reason", err)
		return nil, nil
	}
	if err != nil {
		return nil, reactive.Waiting("waiting for Juju to hand out the attached connectors: %v", err)
	}
	content, err := folder.Fingerprint(path)
	if err != nil {
		return nil, reactive.Waiting("%v; trying again", err)
	}
	if content == "" {
		return nil, nil
	}
	a := &archive{Attached: settings.Attached, path: path, options: folder.Options{
		Environment: settings.Attached.Environment, Cluster: u.Application(), Owner: u.Model() + "." + u.Application(),
		Dir: u.attachedDir(),
	}}
	if a.options.Secrets, err = u.attachedSecrets(ctx, a.Secrets); err != nil {
		return nil, err
	}
	a.fingerprint = fingerprint([]any{content, a.options, a.Policy, sortedKeys(m.Connectors)})
	return a, nil
}

// attachedDir is a folder of this unit's own. Nothing in it is needed: what is
// lost is made again.
func (u *Unit) attachedDir() string { return filepath.Join(u.Env().CharmDir, ".connectors") }

// wholeKey of the secret holds an object, such as the command connectors exports.
const wholeKey = "json"

// attachedSecrets makes one JSON object of a Juju secret, which it reads once a hook.
func (u *Unit) attachedSecrets(ctx context.Context, uri string) (string, error) {
	if uri == "" || u.hushed != "" {
		return u.hushed, nil
	}
	content, err := u.Secrets().Get(ctx, uri, juju.Refresh)
	if err != nil {
		return "", reactive.Blocked("cannot read the secret that option connectors-secrets names: juju grant-secret %s %s", uri, u.Application())
	}
	all := map[string]any{}
	if whole, is := content[wholeKey]; is {
		if json.Unmarshal([]byte(whole), &all) != nil || all == nil {
			return "", reactive.Blocked("the key %q of the secret that option connectors-secrets names holds no JSON object", wholeKey)
		}
	}
	for key, value := range content {
		if key != wholeKey {
			all[key] = value
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("cannot encode what option connectors-secrets names: %w", err)
	}
	u.hushed = string(text)
	return u.hushed, nil
}

// evaluate says what the attached folder wants, without what this application
// registers itself; that is in clashes, a sentence each.
func (u *Unit) evaluate(ctx context.Context, a *archive) (w *folder.Wanted, clashes []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, u.remaining())
	defer cancel()
	w, err = folder.Read(ctx, a.path, a.options)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, reactive.Waiting("the attached connectors take too long to evaluate; trying again: %v", err)
		}
		var wrong *folder.WrongError
		if !errors.As(err, &wrong) { // no room, or no process to be had: the workers run all the same
			err = reactive.Waiting("%v; trying again", firstLine(err))
		}
		return nil, nil, err
	}
	m, err := u.recall(ctx)
	if err != nil {
		return nil, nil, err
	}
	w.Connectors = slices.DeleteFunc(w.Connectors, func(c connectors.Connector) bool {
		_, registered := m.Connectors[c.Name]
		if registered {
			clashes = append(clashes, fmt.Sprintf("%s describes connector %q, which is registered by this charm or an action: unregister it, or take it out of the folder", c.Source, c.Name))
		}
		return registered
	})
	w.Policy.Prune = a.Policy == PolicyPrune
	return w, clashes, nil
}

// look gives all connectors: what this hook has just seen, or else what it asks for.
func (u *Unit) look(ctx context.Context) (*connectors.Live, error) {
	if u.seen == nil {
		_, err := u.live(ctx)
		var shape *json.UnmarshalTypeError
		if errors.As(err, &shape) {
			return nil, reactive.Blocked("attached connectors need workers of Kafka 2.3 or later: these do not say in one answer what runs")
		}
		if err != nil {
			return nil, err
		}
	}
	return &connectors.Live{Connectors: u.seen}, nil
}

// attachedThere names the connectors in the cluster that carry the owner, for
// an application that is about to lose the cluster. One that does not apply its
// folder leaves them.
func (u *Unit) attachedThere(ctx context.Context, client *connect.Client, owner string) (names []string) {
	config, err := u.Config(ctx)
	if owner == "" || err != nil || !AttachedPolicy(config.String("connectors-policy")).applies() {
		return nil
	}
	live, err := connectors.Observe(ctx, client)
	if err != nil {
		u.Log().Warn("the attached connectors stay registered", "reason", err)
		return nil
	}
	for _, name := range sortedKeys(live.Connectors) {
		if live.Connectors[name].Info.Config[connectors.OwnerKey] == owner {
			names = append(names, name)
		}
	}
	return names
}

// notAttached refuses to change by hand, or by a layer, what a file of the
// attached folder describes: the next hook would change it back.
func (u *Unit) notAttached(ctx context.Context, name string) error {
	config, err := u.Config(ctx)
	if err != nil {
		return err
	}
	policy := AttachedPolicy(config.String("connectors-policy"))
	if policy != PolicyPlan && !policy.applies() {
		return nil
	}
	m, err := u.recall(ctx)
	if err != nil {
		return err
	}
	if _, registered := m.Connectors[name]; registered {
		return nil
	}
	n := u.attachedNote()
	file := n.Files[name]
	if n.Inputs == "" && m.Owner != "" { // this unit has not looked yet: another one led
		live, err := u.look(ctx)
		if err != nil {
			return err
		}
		if live.Connectors[name].Info.Config[connectors.OwnerKey] == m.Owner {
			file = "a file"
		}
	}
	if file == "" {
		return nil
	}
	return reactive.Blocked("connector %q is described by %s of the attached folder: change it there and attach that, or set option connectors-policy to off", name, file)
}
