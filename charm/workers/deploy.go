package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// DefaultImage is what the original layer deploys: Kafka 0.10, run as root.
const DefaultImage = "sborny/kafka-connect-base"

// Wanted is what should run: options, the upper layer's configuration and the
// brokers, joined. Outcomes are blocked (an option is wrong) and waiting (topics
// or brokers are not there yet). It asks Juju only. Leader only.
func (u *Unit) Wanted(ctx context.Context) (kube.Workers, error) {
	settings, err := u.Settings(ctx)
	if err != nil {
		return kube.Workers{}, err
	}
	memory, err := u.recall(ctx)
	if err != nil {
		return kube.Workers{}, err
	}
	layer, err := u.layerConfig(ctx, memory)
	if err != nil {
		return kube.Workers{}, err
	}
	if memory.Topics == (TopicNames{}) {
		return kube.Workers{}, reactive.Waiting("waiting for the topics to be created")
	}
	brokers, err := u.brokers(ctx)
	if err != nil {
		return kube.Workers{}, err
	}
	settings.GroupID = memory.group(settings)
	image := orDefault(settings.Image, orDefault(memory.Image, DefaultImage))
	w := u.identity(settings)
	w.Replicas = settings.Workers
	w.Image = image
	w.Profile = settings.Profile
	if w.Profile.Name == "" {
		w.Profile = kube.ProfileFor(image)
	}
	w.MemoryMiB = settings.MemoryMiB
	w.ServiceType = settings.ServiceType
	w.NetworkPolicy = settings.NetworkPolicy
	if enough(memory.Bootstrap, brokers) {
		w.Properties = properties(layer, settings, memory.Topics, strings.Join(memory.Bootstrap, ","))
		if fingerprint(w) == memory.Deployed {
			return w, nil
		}
	}
	w.Properties = properties(layer, settings, memory.Topics, strings.Join(brokers, ","))
	return w, nil
}

// enough says whether workers that know these brokers may keep them: a worker
// asks one of them for the rest, so a broker that comes or goes is no reason to
// restart all workers as long as two of those they know, or all there are, are still related.
func enough(known, related []string) bool {
	still := 0
	for _, address := range known {
		if slices.Contains(related, address) {
			still++
		}
	}
	return still >= min(2, len(related)) && still > 0
}

// identity is what finds the workers again, whatever the rest of the options say.
func (u *Unit) identity(s Settings) kube.Workers {
	return kube.Workers{
		Name: u.Application() + "-connect", App: u.Application(), Namespace: s.Namespace,
		Model: u.Model(), ModelUUID: u.ModelUUID(), Port: 8083, Image: DefaultImage,
	}
}

// layerConfig is what the upper layer set, secret values included.
func (u *Unit) layerConfig(ctx context.Context, m *memory) (map[string]string, error) {
	config := maps.Clone(m.Worker)
	if !m.HasSecrets {
		return config, nil
	}
	v, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	config = cloneOrMake(config)
	maps.Copy(config, v.Worker)
	return config, nil
}

// fingerprint tells two wanted states apart without keeping them.
func fingerprint(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a value of strings and numbers does not encode: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Current says whether what was last deployed is what is wanted now. It asks Juju only. Leader only.
func (u *Unit) Current(ctx context.Context) (bool, error) {
	w, err := u.Wanted(ctx)
	if err != nil {
		return false, err
	}
	m, err := u.recall(ctx)
	return err == nil && m.Deployed == fingerprint(w), err
}

// Deploy makes the workers what is wanted, and reports whether anything had to change. Leader only.
func (u *Unit) Deploy(ctx context.Context) (changed bool, err error) {
	if err := u.mustLead(ctx); err != nil {
		return false, err
	}
	w, err := u.Wanted(ctx)
	if err != nil {
		return false, err
	}
	if err := u.awaitBrokers(ctx); err != nil {
		return false, err
	}
	if err := u.refuseOldClient(ctx, w); err != nil {
		return false, err
	}
	if err := u.refuseNewGroup(ctx, w); err != nil {
		return false, err
	}
	p, err := u.where(ctx)
	if err != nil {
		return false, err
	}
	if err := u.retireFormer(ctx, p); err != nil {
		return false, err
	}
	u.client = nil // the workers may move to where it does not lead
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	if err := u.moveAway(ctx, p, w); err != nil {
		return false, err
	}
	changed, err = p.apply(ctx, w)
	if err != nil {
		return false, err
	}
	return changed, u.remember(ctx, func(m *memory) {
		m.Deployed, m.Namespace, m.Group = fingerprint(w), w.Namespace, w.Properties["group.id"]
		m.Bootstrap = strings.Split(w.Properties["bootstrap.servers"], ",")
	})
}

// awaitBrokers: as long as no workers run, they are better started once, when
// every broker has joined that Juju knows of, than rolled for each.
func (u *Unit) awaitBrokers(ctx context.Context) error {
	m, err := u.recall(ctx)
	if err != nil || m.Deployed != "" && m.Deployed != stopped {
		return err
	}
	related, err := u.brokers(ctx)
	if err != nil {
		return err
	}
	expected, err := u.expectedBrokers(ctx)
	if err != nil || expected <= len(related) {
		return err
	}
	return reactive.Waiting("waiting for Kafka: %d of %d related brokers have joined", len(related), expected)
}

// moveAway deletes the workers of another namespace, when the option changed:
// two sets of workers in one group would share its connectors.
func (u *Unit) moveAway(ctx context.Context, p platform, w kube.Workers) error {
	m, err := u.recall(ctx)
	if err != nil || m.Namespace == "" || m.Namespace == w.Namespace {
		return err
	}
	old := w
	old.Namespace = m.Namespace
	return p.remove(ctx, old)
}

// refuseOldClient blocks where the image speaks a Kafka that the brokers no longer do.
func (u *Unit) refuseOldClient(ctx context.Context, w kube.Workers) error {
	if version := w.Profile.Kafka; version == (kube.Version{}) || version.AtLeast(0, 11) {
		return nil
	}
	admin, err := u.kafka(ctx)
	if err != nil {
		return err
	}
	defer admin.Close()
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	protocol, err := admin.Protocol(ctx)
	if err != nil {
		return outcome(err)
	}
	if !protocol.Kafka010 {
		return reactive.Blocked("image %s speaks Kafka 0.10, which these brokers no longer do: juju config %s image=apache/kafka:4.3.1", w.Image, u.Application())
	}
	return nil
}

// lastLook is the least time in which a look makes sense: one that is cut short
// would only say so, and hide what the one before it saw.
const lastLook = 3 * time.Second

// maxPoll is the longest pause between two looks at something awaited.
const maxPoll = 2 * time.Second

// Await waits until the workers run as wanted and their REST API answers: within
// this hook's budget, since nothing else wakes a charm. What is not reached by
// then is a waiting outcome. Leader only.
func (u *Unit) Await(ctx context.Context) error {
	w, err := u.Wanted(ctx)
	if err != nil {
		return err
	}
	p, err := u.where(ctx)
	if err != nil {
		return err
	}
	for pause := u.options.Poll; ; pause = min(2*pause, maxPoll) {
		if err := u.mustLead(ctx); err != nil {
			return err
		}
		err := u.ready(ctx, p, w)
		if err == nil {
			return u.arrived(ctx, p, w)
		}
		if !p.wakes() || !isWaiting(err) || u.remaining() < lastLook {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, u.remaining())):
		}
	}
}

// arrived lets what the roll made useless go, and remembers where the workers
// answered, for proxies and for the day when Kubernetes is gone first.
func (u *Unit) arrived(ctx context.Context, p platform, w kube.Workers) error {
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	if _, err := p.apply(ctx, w); err != nil {
		return err
	}
	urls, err := p.service(ctx, w)
	if err != nil {
		return err
	}
	m, err := u.recall(ctx)
	if err != nil || slices.Equal(m.Service, urls) {
		return err
	}
	return u.remember(ctx, func(m *memory) { m.Service = urls })
}

// ready is one look.
func (u *Unit) ready(ctx context.Context, p platform, w kube.Workers) error {
	attempt, cancel := u.attempt(ctx)
	defer cancel()
	r, err := p.rollout(attempt, w)
	if err != nil {
		return err
	}
	if !r.Done {
		return reactive.Waiting("waiting for the workers: %s", r.Message)
	}
	if w.Replicas == 0 {
		return nil
	}
	client, err := u.connect(ctx)
	if err != nil {
		return err
	}
	if _, err := client.Connectors(attempt); err != nil {
		return reactive.Waiting("waiting for the workers to answer: %v", err)
	}
	return nil
}

func isWaiting(err error) bool {
	o, _ := reactive.OutcomeOf(err)
	return o == reactive.OutcomeWaiting
}
