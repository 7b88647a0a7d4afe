package realkafka

// Connect workers: distributed mode, one JVM each.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Worker is a running Connect worker.
type Worker struct {
	// URL is the base of its REST API.
	URL string
	// Took is how long it was from the start of the process until it listed its connectors.
	Took time.Duration

	proc *process
}

// StartWorker starts a worker with its files in dir, and returns when it answers what connectors there are, which it
// does once it has joined its group. The properties must name the brokers, the group and the three topics; the REST
// listener is chosen here, as are converters for JSON, unless the properties say otherwise.
func (k *Kafka) StartWorker(ctx context.Context, dir, name string, properties map[string]string) (*Worker, error) {
	ports, err := freePorts(1)
	if err != nil {
		return nil, fmt.Errorf("cannot start the Connect worker %s: %w", name, err)
	}
	all := map[string]string{
		"key.converter":                    "org.apache.kafka.connect.json.JsonConverter",
		"value.converter":                  "org.apache.kafka.connect.json.JsonConverter",
		"listeners":                        fmt.Sprintf("http://127.0.0.1:%d", ports[0]),
		"rest.advertised.host.name":        "127.0.0.1",
		"plugin.discovery":                 "service_load", // looking through every class of every jar takes seconds
		"offset.flush.interval.ms":         "1000",
		"scheduled.rebalance.max.delay.ms": "0",
	}
	maps.Copy(all, properties)
	w := &Worker{URL: all["listeners"]}
	config := filepath.Join(dir, name+".properties")
	if err := os.WriteFile(config, []byte(propertiesText(all)), 0o600); err != nil {
		return nil, fmt.Errorf("cannot start the Connect worker %s: %w", name, err)
	}
	begun := time.Now()
	w.proc, err = k.start("worker", name, dir, cmp.Or(k.HeapMiB, 192), "org.apache.kafka.connect.cli.ConnectDistributed", config)
	if err != nil {
		return nil, err
	}
	if err := w.proc.await(ctx, "list its connectors", w.ready); err != nil {
		w.proc.stop()
		return nil, err
	}
	w.Took = time.Since(begun)
	return w, nil
}

func (w *Worker) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+"/connectors", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: GET /connectors answers %d", errNotReady, res.StatusCode)
	}
	return nil
}

// MemoryMiB is the resident memory of the worker.
func (w *Worker) MemoryMiB() int { return w.proc.residentMiB() }

// Log is what the worker has written so far.
func (w *Worker) Log() (string, error) {
	text, err := os.ReadFile(w.proc.log)
	return string(text), err
}

// Stop ends the worker in good order.
func (w *Worker) Stop() { w.proc.stop() }

// Close ends the worker when nothing matters any more but that it is gone.
func (w *Worker) Close() { w.proc.end() }

// Kill ends the worker at once.
func (w *Worker) Kill() { w.proc.kill() }

func propertiesText(properties map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		value := strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(properties[key])
		fmt.Fprintf(&text, "%s=%s\n", key, value)
	}
	return text.String()
}
