// Package realkafka runs real Kafka brokers (KRaft) and real Connect workers on loopback, for tests.
//
// The jars come from Maven and are verified against checksums in this repository; brokers and workers are plain
// processes with small heaps, gone when the test is. A thing is ready when it says so, not after a time.
package realkafka

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// clusterID names every cluster made here; they never meet.
const clusterID = "4L6g3nShT-eMCtK--X86sw"

// Brokers is a running cluster.
type Brokers struct {
	// Took is how long it was from the start of the processes until every broker was known to the cluster.
	Took time.Duration

	kafka   *Kafka
	dir     string
	ports   []int
	secured []int // of the first broker: its TLS and its SASL listener, if there are any
	procs   []*process
}

// BrokerOptions say what cluster to start.
type BrokerOptions struct {
	// Brokers is their number. By default, 1.
	Brokers int
	// Secured gives the first broker two more listeners: one wants TLS, one a user and a password. They are there to
	// be spoken to in the wrong way.
	Secured bool
}

// StartBrokers starts a cluster, each broker a controller as well, with their files in dir. It returns when the
// cluster knows all of them.
func (k *Kafka) StartBrokers(ctx context.Context, dir string, options BrokerOptions) (*Brokers, error) {
	n := max(1, options.Brokers)
	ports, err := freePorts(2*n + 2)
	if err != nil {
		return nil, fmt.Errorf("cannot start Kafka: %w", err)
	}
	b := &Brokers{kafka: k, dir: dir, ports: ports[:n], procs: make([]*process, n)}
	if options.Secured {
		b.secured = ports[2*n:]
	}
	begun := time.Now()
	for i := range n {
		err := b.prepare(i, ports[n:2*n])
		if err == nil {
			err = b.launch(i)
		}
		if err != nil {
			b.Close()
			return nil, fmt.Errorf("cannot start Kafka: %w", err)
		}
	}
	if err := b.await(ctx, n); err != nil {
		b.Close()
		return nil, err
	}
	b.Took = time.Since(begun)
	return b, nil
}

// prepare writes a broker's files.
func (b *Brokers) prepare(i int, controllers []int) error {
	data := filepath.Join(b.dir, fmt.Sprintf("broker-%d", i))
	if err := b.kafka.seed(data, i); err != nil {
		return err
	}
	properties := brokerProperties(i, b.ports, controllers, data)
	if i == 0 && b.secured != nil {
		keys := filepath.Join(b.dir, "broker.pem")
		if err := writeKeyPair(keys); err != nil {
			return err
		}
		properties += securedProperties(b.ports[0], controllers[0], b.secured, keys)
	}
	return os.WriteFile(data+".properties", []byte(properties), 0o600)
}

func (b *Brokers) launch(i int) (err error) {
	name := fmt.Sprintf("broker-%d", i)
	b.procs[i], err = b.kafka.start("broker", name, b.dir, cmp.Or(b.kafka.HeapMiB, 256), "kafka.Kafka", filepath.Join(b.dir, name+".properties"))
	return err
}

// await asks each running broker until it counts n.
func (b *Brokers) await(ctx context.Context, n int) error {
	for i, p := range b.procs {
		if p == nil || p.ended() {
			continue
		}
		admin := kafka.Open(kafka.Config{Brokers: b.Addrs()[i : i+1], Timeout: 5 * time.Second})
		err := p.await(ctx, fmt.Sprintf("count %d brokers", n), func(ctx context.Context) error {
			known, err := admin.Brokers(ctx)
			if err == nil && len(known) != n {
				err = fmt.Errorf("it counts %d", len(known))
			}
			return err
		})
		admin.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Addrs are the brokers' addresses; they stay the same when a broker is stopped and started.
func (b *Brokers) Addrs() []string {
	addrs := make([]string, len(b.ports))
	for i, port := range b.ports {
		addrs[i] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	return addrs
}

// TLSAddr is the first broker's listener that wants TLS.
func (b *Brokers) TLSAddr() string { return fmt.Sprintf("127.0.0.1:%d", b.secured[0]) }

// SASLAddr is the first broker's listener that wants a user and a password.
func (b *Brokers) SASLAddr() string { return fmt.Sprintf("127.0.0.1:%d", b.secured[1]) }

// Stop stops the i-th broker in good order.
func (b *Brokers) Stop(i int) { b.procs[i].stop() }

// Kill ends the i-th broker at once.
func (b *Brokers) Kill(i int) { b.procs[i].kill() }

// Resume starts a stopped broker again and waits until it counts n brokers.
func (b *Brokers) Resume(ctx context.Context, i, n int) error {
	if err := b.launch(i); err != nil {
		return err
	}
	return b.await(ctx, n)
}

// MemoryMiB is the resident memory of each broker.
func (b *Brokers) MemoryMiB() []int { return memory(b.procs) }

// Close ends all brokers. They are not asked to do so in good order: the last two of three would wait for a quorum.
func (b *Brokers) Close() {
	for _, p := range b.procs {
		if p != nil {
			p.end()
		}
	}
}

// Tool runs one of Kafka's own command line tools by its class and returns its output.
func (k *Kafka) Tool(ctx context.Context, class string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "java", append(append(k.javaArgs("tool", 128), class), args...)...)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot run %s: %w\n%s%s", class, err, out, errOut.String())
	}
	return string(out), nil
}

// seed makes an empty broker's folder. Each has an id of its own.
func (k *Kafka) seed(dir string, id int) error {
	template := filepath.Join(k.dir, "formatted")
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		return err
	}
	path := filepath.Join(dir, "meta.properties")
	meta, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var directory [16]byte
	if _, err := rand.Read(directory[:]); err != nil {
		return err
	}
	directory[0] &= 0x7f // Kafka reserves some ids, all of them zero but for the last bits
	text := regexp.MustCompile(`(?m)^node\.id=.*$`).ReplaceAllString(string(meta), fmt.Sprintf("node.id=%d", id))
	text = regexp.MustCompile(`(?m)^directory\.id=.*$`).ReplaceAllString(text,
		"directory.id="+base64.RawURLEncoding.EncodeToString(directory[:]))
	return os.WriteFile(path, []byte(text), 0o644)
}

func brokerProperties(id int, ports, controllers []int, data string) string {
	voters := make([]string, len(ports))
	for i := range ports {
		voters[i] = fmt.Sprintf("%d@127.0.0.1:%d", i, controllers[i])
	}
	replicas := min(3, len(ports))
	return fmt.Sprintf(`process.roles=broker,controller
node.id=%d
controller.quorum.voters=%s
listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
advertised.listeners=PLAINTEXT://127.0.0.1:%d
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=%s
offsets.topic.replication.factor=%d
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=%d
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=10485760
`, id, strings.Join(voters, ","), ports[id], controllers[id], ports[id], data, replicas, replicas)
}

func memory(procs []*process) []int {
	sizes := make([]int, len(procs))
	for i, p := range procs {
		sizes[i] = p.residentMiB()
	}
	return sizes
}

var errNotReady = errors.New("not ready")
