package workers

// Taking over from the original layer: the workers it deployed through the
// kubernetes relation are found, stopped, and only then followed by ours, in the
// same Kafka group, on the same topics. docs/how-to/take-over-a-python-charm.md
// is the operator's side of it.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Former is what is remembered of the workers that were there before this charm.
type Former struct {
	Group   string `json:"group,omitempty"`   // their group.id, which ours take over
	Where   string `json:"where,omitempty"`   // the namespace in which they are ours to delete
	Stopped bool   `json:"stopped,omitempty"` // they run no more
	Adopted bool   `json:"adopted,omitempty"` // their connectors are remembered as ours
}

// formerRequest is what the original layer had published on the kubernetes
// relation: this unit's own data, or else what that charm says it applied.
type formerRequest struct {
	own        bool // of this unit
	resources  []map[string]any
	properties map[string]string // of the workers; nil where they cannot be told
}

// group is the group.id our workers have: the operator's, the former workers', or
// the application's name.
func (m *memory) group(s Settings) string {
	if s.GroupGiven || m.Former == nil || m.Former.Group == "" {
		return s.GroupID
	}
	return m.Former.Group
}

// meetFormer looks once, before anything is deployed, whether the original layer's
// workers are there, and remembers the group they are in. It blocks where ours could not
// go on from what they left. Leader only.
func (u *Unit) meetFormer(ctx context.Context, admin *kafka.Admin, names TopicNames, found bool) error {
	m, err := u.recall(ctx)
	if err != nil || m.Deployed != "" || m.Former != nil {
		return err
	}
	request, err := u.formerRequest(ctx)
	if err != nil {
		return err
	}
	where := ""
	switch {
	case request == nil && !found: // nobody was here before
		return nil
	case request == nil:
		if request, where, err = u.formerObjects(ctx); err != nil {
			return err
		}
	}
	if request == nil {
		return u.meetFormerGroup(ctx, admin)
	}
	if problem := unusable(request.properties, names); problem != "" {
		return reactive.Blocked("cannot take over from the former charm: %s", problem)
	}
	u.Log().Info("taking over from the former charm", "group", request.properties["group.id"])
	return u.remember(ctx, func(m *memory) { m.Former = &Former{Group: request.properties["group.id"], Where: where} })
}

// meetFormerGroup is for former workers that only Kafka tells of, since the relation is
// gone. The original layer called their group after whichever unit led: "app-0".
func (u *Unit) meetFormerGroup(ctx context.Context, admin *kafka.Admin) error {
	names, err := u.formerGroups(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		group, err := admin.Group(ctx, name)
		if err != nil {
			return err
		}
		if len(group.Members) > 0 && group.ProtocolType == "connect" {
			return u.remember(ctx, func(m *memory) { m.Former = &Former{Group: name} })
		}
	}
	return nil
}

// formerGroups are the group ids that the original layer may have used.
func (u *Unit) formerGroups(ctx context.Context) ([]string, error) {
	goal, err := u.GoalState(ctx)
	if err != nil {
		return nil, err
	}
	last := 0
	for _, name := range append(sortedKeys(goal.Units), u.Name()) {
		_, number, _ := strings.Cut(name, "/")
		if n, err := strconv.Atoi(number); err == nil {
			last = max(last, n)
		}
	}
	names := make([]string, 0, last+1)
	for n := max(0, last-mostUnits); n <= last; n++ {
		names = append(names, fmt.Sprintf("%s-%d", u.Application(), n))
	}
	return names, nil
}

// mostUnits bounds how far back unit numbers are tried.
const mostUnits = 16

// unusable says why our workers could not go on from what the former ones wrote.
func unusable(p map[string]string, names TopicNames) string {
	for _, topic := range []struct{ key, ours string }{
		{"config.storage.topic", names.Configs}, {"offset.storage.topic", names.Offsets}, {"status.storage.topic", names.Status},
	} {
		if theirs, known := p[topic.key]; known && theirs != topic.ours {
			return fmt.Sprintf("its workers have %s=%s, ours would have %s and start from nothing", topic.key, theirs, topic.ours)
		}
	}
	for _, side := range []string{"key", "value"} { // Kafka 3 reads the topics as JSON without schemas, whatever these say
		converter := "internal." + side + ".converter"
		class, set := p[converter]
		if set && (!strings.HasSuffix(class, ".JsonConverter") || p[converter+".schemas.enable"] != "false") {
			return fmt.Sprintf("its workers write offsets by %s in a form that Kafka 3 no longer reads: only JSON without schemas can be taken over", converter)
		}
	}
	return ""
}

// retireFormer stops the former workers, and lets ours start only when none of
// them is left: two clusters on the same topics run every task twice. Leader only.
func (u *Unit) retireFormer(ctx context.Context, p platform) error {
	m, err := u.recall(ctx)
	if err != nil || m.Former == nil || m.Former.Stopped {
		return err
	}
	request, err := u.formerRequest(ctx)
	if err != nil {
		return err
	}
	d, byRelation := p.(*deployer)
	switch {
	case request != nil && !byRelation:
		return reactive.Blocked("the former charm's workers are applied through the relation %q, and would be again: "+
			"juju remove-relation %s:%s with that charm", DeployerEndpoint, u.Application(), DeployerEndpoint)
	case request != nil:
		if err := u.stopRequest(ctx, request); err != nil {
			return err
		}
		if err := d.formerGone(ctx); err != nil {
			return err
		}
	}
	if m.Former.Where != "" && !byRelation {
		if err := u.deleteFormer(ctx, p, m.Former.Where); err != nil {
			return err
		}
	}
	if err := u.awaitEmptyGroup(ctx, m.Former.Group, request != nil || m.Former.Where != ""); err != nil {
		return err
	}
	u.Log().Info("the former charm's workers have stopped")
	return u.remember(ctx, func(m *memory) { m.Former.Stopped = true })
}

// awaitEmptyGroup: pods that are gone leave their group within seconds. Workers that the
// charm did not stop itself are the operator's to stop.
func (u *Unit) awaitEmptyGroup(ctx context.Context, id string, stopped bool) error {
	if id == "" {
		return nil
	}
	admin, err := u.kafka(ctx)
	if err != nil {
		return err
	}
	defer admin.Close()
	for pause := u.options.Poll; ; pause = min(2*pause, maxPoll) {
		attempt, cancel := u.attempt(ctx)
		group, err := admin.Group(attempt, id)
		cancel()
		if err != nil {
			return outcome(err)
		}
		if len(group.Members) == 0 {
			return nil
		}
		if !stopped {
			return reactive.Blocked("the former charm's workers still run, %d in Kafka group %q, at %s: kubectl delete deployment,service,configmap -A -l juju-app=%s",
				len(group.Members), id, group.Members[0].Host, deployerUUID(u.ModelUUID(), u.Application()))
		}
		if u.remaining() < lastLook {
			return reactive.Waiting("taking over: waiting for %d former worker(s) to leave the Kafka group %q", len(group.Members), id)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, u.remaining())):
		}
	}
}

func formerName(uuid string) string { return "depl-" + uuid }

// formerGone looks into the answer of the charm that applies manifests.
func (d *deployer) formerGone(ctx context.Context) error {
	objects, _, err := d.answer(ctx)
	if err != nil {
		return err
	}
	name := formerName(deployerUUID(d.unit.ModelUUID(), d.unit.Application()))
	for _, o := range objects {
		if o.Kind != "Deployment" || o.Metadata.Name != name {
			continue
		}
		if o.Spec.Replicas == nil || *o.Spec.Replicas > 0 || o.Status.ObservedGeneration < o.Metadata.Generation || o.Status.Replicas > 0 {
			return reactive.Waiting("taking over: waiting for the former charm's workers to stop")
		}
	}
	return nil
}

// formerRequest finds what the original layer published; nil where it did not.
func (u *Unit) formerRequest(ctx context.Context) (*formerRequest, error) {
	if own, err := u.ownFormerRequest(ctx); err != nil || own != nil {
		return own, err
	}
	relations, err := u.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return nil, err
	}
	for _, relation := range relations { // another unit published it
		units, err := relation.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range units {
			data, err := relation.Get(ctx, name)
			if err != nil {
				return nil, err
			}
			if r := u.readFormer(data["status"]); r != nil {
				return r, nil
			}
		}
	}
	return nil, nil
}

func (u *Unit) ownFormerRequest(ctx context.Context) (*formerRequest, error) {
	relations, err := u.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return nil, err
	}
	for _, relation := range relations {
		own, err := relation.Own(ctx)
		if err != nil {
			return nil, err
		}
		if r := u.readFormer(own["resource"]); r != nil {
			r.own = true
			return r, nil
		}
	}
	return nil, nil
}

// readFormer picks the original layer's objects out of a list. Its names tell: each ends
// in the MD5 of the model's UUID and the application's name, so they are of nobody else.
func (u *Unit) readFormer(text string) *formerRequest {
	var list []map[string]any
	uuid := deployerUUID(u.ModelUUID(), u.Application())
	if !strings.Contains(text, formerName(uuid)) || json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	r := &formerRequest{}
	found := false
	for _, o := range list {
		metadata, _ := o["metadata"].(map[string]any)
		switch name, _ := metadata["name"].(string); name {
		case formerName(uuid):
			found = true
		case "cfgmap-" + uuid:
			r.properties = plainProperties(o["data"])
		case "svc-" + uuid:
		default:
			continue // ours, or the API server's own
		}
		r.resources = append(r.resources, o)
	}
	if !found {
		return nil
	}
	return r
}

// plainProperties reads the ConfigMap's one file as the original's template writes
// it: a line a property, nothing escaped.
func plainProperties(data any) map[string]string {
	files, _ := data.(map[string]any)
	properties := map[string]string{}
	for _, content := range files {
		text, _ := content.(string)
		for line := range strings.Lines(text) {
			key, value, found := strings.Cut(strings.TrimSpace(line), "=")
			if found && !strings.HasPrefix(key, "#") {
				properties[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	}
	return properties
}

// stopRequest publishes the former workload with no workers. Manifests that were left
// out would be left running: that charm only ever applies.
func (u *Unit) stopRequest(ctx context.Context, r *formerRequest) error {
	list := r.resources
	if !r.own { // live objects: only what one would write oneself
		list = slices.DeleteFunc(slices.Clone(list), func(o map[string]any) bool { return o["kind"] != "Deployment" })
		for i, o := range list {
			metadata, _ := o["metadata"].(map[string]any)
			list[i] = map[string]any{"apiVersion": o["apiVersion"], "kind": o["kind"], "spec": o["spec"],
				"metadata": map[string]any{"name": metadata["name"], "labels": metadata["labels"]}}
		}
	}
	for _, o := range list {
		if spec, is := o["spec"].(map[string]any); is && o["kind"] == "Deployment" {
			spec["replicas"] = 0
		}
	}
	_, err := (&deployer{unit: u}).publish(ctx, list)
	return err
}

// stopOwnRequest is for a unit that does not lead and had published the former workload: it stops it,
// since taking the request back would leave it running. It says whether there was one.
func (u *Unit) stopOwnRequest(ctx context.Context) (bool, error) {
	request, err := u.ownFormerRequest(ctx)
	if err != nil || request == nil {
		return false, err
	}
	return true, u.stopRequest(ctx, request)
}

// adoptFormer remembers, once our workers run, the connectors that were in their
// topic already: they come back like those of the charm when Kafka or Kubernetes
// went and came. Nothing is written to Connect. Leader only.
func (u *Unit) adoptFormer(ctx context.Context) error {
	m, err := u.recall(ctx)
	if err != nil || m.Former == nil || m.Former.Adopted {
		return err
	}
	u.tidyFormer(ctx, m.Former.Where)
	kept, err := u.Keeps(ctx)
	if err != nil || !kept { // what cannot come back is better not taken down either
		return err
	}
	live, err := u.live(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range sortedKeys(live) {
		if _, known := m.Connectors[name]; !known && connect.CheckName(name) == nil {
			names = append(names, name)
		}
	}
	if err := u.keep(ctx, func(v *vault) {
		for _, name := range names {
			v.Connectors[name] = live[name].Info.Config
		}
	}); err != nil {
		return err
	}
	u.Log().Info("connectors of the former charm are ours now", "connectors", strings.Join(names, ", "))
	return u.remember(ctx, func(m *memory) {
		m.Former.Adopted = true
		for _, name := range names {
			m.Connectors[name] = Registered{State: resting(State(live[name].Status.Connector.State)), Hash: fingerprint(live[name].Info.Config)}
		}
	})
}
