package connecttest

// The cluster: who is a member, who leads, and the one thread that does everything in order.

import (
	"cmp"
	"hash/fnv"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options shape a cluster. The zero value is a quick Kafka 4 with FileStream and a MongoDB sink.
type Options struct {
	Version     string // of Kafka. By default, "4.3.1"; "3.9.2" is known too
	Group       string // of the workers. By default, "connect"
	ConfigTopic string // By default, "connect-configs"
	OffsetTopic string // By default, "connect-offsets"
	StatusTopic string // By default, "connect-status"
	Store       *Store // By default, a new one
	Plugins     []Plugin
	Timing      Timing
}

// Timing is how long things take. Zero stands for the default, less than zero for no time at all.
type Timing struct {
	Start   time.Duration // until a worker that joined is healthy. By default, none
	Status  time.Duration // until a change shows in the status, which is not there at all before. By default, 20 ms
	Tasks   time.Duration // from there until tasks run. By default, 20 ms
	Stale   time.Duration // a rebalance is due: some calls are refused. By default, none
	Join    time.Duration // a rebalance runs: calls that need the workers' thread wait. By default, 5 ms
	Lost    time.Duration // until the work of a killed worker is given to others. By default, none
	Request time.Duration // after which a waiting call is answered with 500; it may still happen. By default, 90 s
}

// A Cluster is a group of workers.
type Cluster struct {
	o        Options
	version  version
	store    *Store // its lock is the cluster's
	queue    []*operation
	steps    map[*connector][]step // what happens next; forgotten with the last worker
	workers  []*Worker             // members, the leader first
	faults   []*Fault
	journal  []Call
	loggers  map[string]logger
	staleTil time.Time
	joinTil  time.Time
	due      bool // a change asks for a rebalance
	held     map[Phase]int
	count    int
	apart    bool // workers cannot reach each other
	done     chan struct{}
	ended    sync.WaitGroup
	closing  sync.Once
}

// NewCluster gives a cluster without workers. Close it.
func NewCluster(o Options) *Cluster {
	o.Version = cmp.Or(o.Version, "4.3.1")
	o.Group = cmp.Or(o.Group, "connect")
	o.ConfigTopic = cmp.Or(o.ConfigTopic, "connect-configs")
	o.OffsetTopic = cmp.Or(o.OffsetTopic, "connect-offsets")
	o.StatusTopic = cmp.Or(o.StatusTopic, "connect-status")
	if o.Store == nil {
		o.Store = NewStore()
	}
	o.Plugins = append(slices.Clone(o.Plugins), builtIn(o.Version)...)
	t := &o.Timing
	t.Start, t.Stale, t.Lost = orDefault(t.Start, 0), orDefault(t.Stale, 0), orDefault(t.Lost, 0)
	t.Status, t.Tasks = orDefault(t.Status, 20*time.Millisecond), orDefault(t.Tasks, 20*time.Millisecond)
	t.Join, t.Request = orDefault(t.Join, 5*time.Millisecond), orDefault(t.Request, 90*time.Second)
	c := &Cluster{o: o, version: parseVersion(o.Version), store: o.Store, held: map[Phase]int{}, steps: map[*connector][]step{}, done: make(chan struct{}),
		loggers: map[string]logger{"root": {Level: "INFO"}}}
	c.ended.Add(1)
	go c.thread()
	return c
}

func orDefault(d, otherwise time.Duration) time.Duration {
	switch {
	case d < 0:
		return 0
	case d == 0:
		return otherwise
	}
	return d
}

// Close ends all workers. What they kept in the Store stays.
func (c *Cluster) Close() {
	for _, w := range c.Workers() {
		w.Kill()
	}
	c.closing.Do(func() { close(c.done) })
	c.ended.Wait()
}

// Workers are the members now, the leader first.
func (c *Cluster) Workers() []*Worker {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return slices.Clone(c.workers)
}

// Store is where the cluster keeps what outlives it.
func (c *Cluster) Store() *Store { return c.store }

// Rebalances says how many there have been.
func (c *Cluster) Rebalances() int {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return c.count
}

// Join makes a worker a member, known to the others under this address ("host:port"). It listens nowhere: the Worker is
// an http.Handler.
func (c *Cluster) Join(id string) *Worker {
	w := &Worker{id: id, cluster: c, joined: time.Now()}
	c.add(w)
	return w
}

// Listen makes a worker a member that answers on a free port of this machine.
func (c *Cluster) Listen() (*Worker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Worker{id: listener.Addr().String(), cluster: c, joined: time.Now()}
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second}
	c.ended.Go(func() { _ = w.server.Serve(listener) }) // ends with the worker
	c.add(w)
	return w, nil
}

func (c *Cluster) add(w *Worker) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.workers = append(c.workers, w)
	c.rebalance(0)
}

// A Worker is one member.
type Worker struct {
	id      string
	cluster *Cluster
	server  *http.Server
	joined  time.Time
}

// ID is the address other workers know, and what status shows.
func (w *Worker) ID() string { return w.id }

// URL is where a worker that listens can be reached.
func (w *Worker) URL() string { return "http://" + w.id }

// Leave ends the worker in good order: its work goes to the others at once.
func (w *Worker) Leave() { w.end(false) }

// Kill ends the worker as a crash does: calls are cut off, and its work waits for Timing.Lost.
func (w *Worker) Kill() { w.end(true) }

func (w *Worker) end(crash bool) {
	c := w.cluster
	c.store.mu.Lock()
	at := slices.Index(c.workers, w)
	if at >= 0 {
		c.workers = slices.Delete(c.workers, at, at+1)
		lost := time.Duration(0)
		if crash {
			lost = c.o.Timing.Lost
		}
		c.rebalance(lost)
	}
	c.store.mu.Unlock()
	if w.server != nil {
		_ = w.server.Close() // cuts calls off, which is what is wanted
	}
}

// member says whether the worker still is one. The lock is held.
func (w *Worker) member() bool { return slices.Contains(w.cluster.workers, w) }

// owner is the worker that runs a connector (task -1) or a task. The lock is held, and there is a worker.
func (c *Cluster) owner(name string, task int) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	return c.workers[(int(hash.Sum32()%1024)+task+1)%len(c.workers)].id
}

func (c *Cluster) connectors() map[string]*connector { return under(c.store.configs, c.o.ConfigTopic) }
func (c *Cluster) states() map[string]*status        { return under(c.store.states, c.o.StatusTopic) }

// names are sorted, so that what happens happens in one order.
func (c *Cluster) names() []string { return slices.Sorted(maps.Keys(c.connectors())) }

// A version is the part of Kafka's that matters here.
type version struct{ major, minor int }

func parseVersion(text string) version {
	parts := strings.SplitN(text, ".", 3)
	major, _ := strconv.Atoi(parts[0])
	minor := 0
	if len(parts) > 1 {
		minor, _ = strconv.Atoi(parts[1])
	}
	return version{major, minor}
}

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}
