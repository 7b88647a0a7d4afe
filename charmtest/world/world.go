// Package world joins the embedded parts into one: a Juju model whose charm finds
// an embedded Kafka through a relation and an embedded Kubernetes through a
// kubeconfig, where every pod that the charm applies becomes an embedded Connect
// worker, which reads the configuration that is mounted into it.
//
// The demo plays in one; a charm's tests can as well.
package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

// Options shape a world. The zero value has one broker.
type Options struct {
	// Model is handed to [charmtest.New].
	Model charmtest.Options
	// Kafka is handed to [kafkatest.Start].
	Kafka kafkatest.Options
	// Kube is handed to [kubetest.Start]; its runtime is the world's.
	Kube kubetest.Options
	// Connect shapes the Connect clusters; their group, topics and store are the
	// world's.
	Connect connecttest.Options
}

// World is a running world.
type World struct {
	*charmtest.Model
	Kafka *kafkatest.Cluster
	Kube  *kubetest.Server
	Store *connecttest.Store // what Connect keeps in Kafka

	options Options
	mu      sync.Mutex
	groups  map[string]*connecttest.Cluster
}

// Start starts everything. Close ends it.
func Start(options Options) (*World, error) {
	w := &World{options: options, Store: connecttest.NewStore(), groups: map[string]*connecttest.Cluster{}}
	var err error
	if w.Kafka, err = kafkatest.Start(options.Kafka); err != nil {
		return nil, err
	}
	options.Kube.Runtime = runtime{w}
	if w.Kube, err = kubetest.Start(options.Kube); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if w.Model, err = charmtest.New(options.Model); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Close ends everything, and waits for it.
func (w *World) Close() error {
	var err error
	if w.Model != nil {
		err = w.Model.Close()
	}
	if w.Kube != nil {
		w.Kube.Close()
	}
	w.mu.Lock()
	groups := w.groups
	w.groups = map[string]*connecttest.Cluster{}
	w.mu.Unlock()
	for _, group := range groups {
		group.Close()
	}
	w.Kafka.Close()
	return err
}

// AddKafka adds an application of that name with a unit for each broker, whose
// data on the endpoint "client" says where the broker listens.
func (w *World) AddKafka(app string) (*charmtest.RemoteApp, error) {
	addresses := w.Kafka.Addrs()
	remote, err := w.Remote(app, "client", "kafka", len(addresses))
	if err != nil {
		return nil, err
	}
	for i, address := range addresses {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("cannot tell units where broker %d is: %w", i, err)
		}
		if err := remote.SetUnitData(fmt.Sprintf("%s/%d", app, i), map[string]string{"host": host, "port": port}); err != nil {
			return nil, err
		}
	}
	return remote, nil
}

// Kubeconfig is the text of a kubeconfig for the option of that name.
func (w *World) Kubeconfig() string { return string(w.Kube.Kubeconfig()) }

// Group gives the Connect cluster whose workers have that group.id; nil before the
// first worker started.
func (w *World) Group(id string) *connecttest.Cluster {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.groups[id]
}

// Groups are the ids of all Connect clusters there ever were. More than one, of
// one application, is what happens when two leaders disagree.
func (w *World) Groups() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.groups))
	for id := range w.groups {
		ids = append(ids, id)
	}
	return ids
}

// runtime starts a Connect worker for each pod.
type runtime struct{ world *World }

// MissingTag is the one tag that no registry of the world has: a pod of such an
// image waits for it.
const MissingTag = "no-such-tag"

// StartPod does what the image's entrypoint would: read the mounted properties,
// refuse to start where Kafka does not have what they name, join the group.
func (r runtime) StartPod(_ context.Context, pod kubetest.Pod) (kubetest.Running, error) {
	if strings.HasSuffix(pod.Image, ":"+MissingTag) {
		return nil, &kubetest.ImageError{Message: "manifest unknown"}
	}
	properties, err := Mounted(pod.Files)
	if err != nil {
		return nil, err
	}
	if err := r.world.hasTopics(properties); err != nil {
		return nil, err
	}
	worker, err := r.world.group(properties).Listen()
	if err != nil {
		return nil, fmt.Errorf("cannot start a Connect worker: %w", err)
	}
	return &running{worker}, nil
}

// hasTopics: a real worker would make a missing topic itself, with one broker's
// replication and perhaps not compacted; that the charm makes them first is the point.
func (w *World) hasTopics(properties map[string]string) error {
	topics, err := w.Kafka.Topics()
	if err != nil {
		return err
	}
	for _, storage := range []string{"config", "offset", "status"} {
		name := properties[storage+".storage.topic"]
		if _, found := topics[name]; !found {
			return fmt.Errorf("cannot start a Connect worker: topic %q of %s.storage.topic does not exist", name, storage)
		}
	}
	return nil
}

func (w *World) group(properties map[string]string) *connecttest.Cluster {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := properties["group.id"]
	if w.groups[id] == nil {
		options := w.options.Connect
		options.Group, options.Store = id, w.Store
		options.ConfigTopic = properties["config.storage.topic"]
		options.OffsetTopic = properties["offset.storage.topic"]
		options.StatusTopic = properties["status.storage.topic"]
		w.groups[id] = connecttest.NewCluster(options)
	}
	return w.groups[id]
}

// running is one worker in its pod.
type running struct{ worker *connecttest.Worker }

func (r *running) Ready() bool  { return true }
func (r *running) Addr() string { return r.worker.ID() }
func (r *running) Stop()        { r.worker.Leave() }
