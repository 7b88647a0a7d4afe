package charm

// The worker of a life that has only one: its log says what it was asked to change.

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// wantWrites does something and compares what the worker was asked to change.
func (w *world) wantWrites(do func(), want ...string) {
	w.T.Helper()
	before := len(w.writes())
	do()
	if got := w.writes()[before:]; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		w.T.Errorf("the worker was asked for %q, want %q", got, want)
	}
}

// written are requests that change something, as Connect logs what it has answered.
var written = regexp.MustCompile(`"((?:POST|PUT|PATCH|DELETE) /\S+) HTTP/1.1" 2`)

// writes are all that the worker was asked to change and did, in their order.
func (w *world) writes() (all []string) {
	w.T.Helper()
	w.looks++
	look := fmt.Sprintf("/?look=%d", w.looks)
	if code, text := w.Ask(http.MethodGet, w.url()+look, ""); code != http.StatusOK {
		w.T.Fatalf("the worker answers %d: %s", code, text)
	}
	var log string
	w.Eventually(func() string { // what came before has been logged before
		var err error
		log, err = w.worker().Log()
		w.Must(err)
		if !strings.Contains(log, look+" ") {
			return "the worker does not log what it is asked"
		}
		return ""
	})
	for _, found := range written.FindAllStringSubmatch(log, -1) {
		if !strings.HasSuffix(found[1], "/validate") { // which asks
			all = append(all, found[1])
		}
	}
	return all
}

func (w *world) url() string {
	w.T.Helper()
	return w.worker().URL
}

// worker is the only one.
func (w *world) worker() *realkafka.Worker {
	w.T.Helper()
	w.pods.mu.Lock()
	defer w.pods.mu.Unlock()
	if len(w.pods.running) != 1 {
		w.T.Fatalf("there are %d workers, want one", len(w.pods.running))
	}
	for _, p := range w.pods.running {
		return p.worker
	}
	return nil
}
