package connecttest

// Faults and the journal: what a test makes go wrong, and what it can look up afterwards.

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Loss is how an answer gets lost.
type Loss string

// Losses: the connection is cut before anything was done, or after everything was.
const (
	BeforeApply Loss = "before"
	AfterApply  Loss = "after"
)

// A Fault is something that goes wrong with calls. Delay first, then what else is set.
type Fault struct {
	Method  string        // By default, every method
	Path    string        // decoded, as path.Match has it: "/connectors/*/config". By default, every path
	Times   int           // how many calls. By default, one; less than zero, all
	Delay   time.Duration // before anything else happens
	Status  int           // answered instead of doing it, with Body
	Body    string        // what a proxy says, for example. What begins with "{" is JSON, the rest HTML
	Hang    bool          // nothing is done and no answer comes until the caller goes away
	Lost    Loss
	matched int
}

// Inject makes it go wrong from now on, until the returned func is called.
func (c *Cluster) Inject(f Fault) (remove func()) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	mine := &f
	c.faults = append(c.faults, mine)
	return func() {
		c.store.mu.Lock()
		defer c.store.mu.Unlock()
		c.faults = slices.DeleteFunc(c.faults, func(f *Fault) bool { return f == mine })
	}
}

// match finds the fault for a request, the oldest first. The lock is held.
func (c *Cluster) match(r *http.Request) *Fault {
	for _, f := range c.faults {
		times := max(f.Times, 1)
		if f.Times >= 0 && f.matched >= times || f.Method != "" && f.Method != r.Method {
			continue
		}
		if ok, err := path.Match(f.Path, r.URL.Path); f.Path != "" && (!ok || err != nil) {
			continue
		}
		f.matched++
		return f
	}
	return nil
}

// before does what comes before the work, and says whether that was all.
func (f *Fault) before(rw http.ResponseWriter, r *http.Request) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.Lost == BeforeApply:
		panic(http.ErrAbortHandler)
	case f.Status == 0:
		return false
	}
	content := "text/html"
	if strings.HasPrefix(f.Body, "{") {
		content = "application/json"
	}
	rw.Header().Set("Content-Type", content)
	rw.WriteHeader(f.Status)
	_, _ = io.WriteString(rw, f.Body)
	return true
}

// A Call is a line of the journal.
type Call struct {
	Worker string
	Method string
	Path   string // encoded, with the query
	Body   string
	Status int // 0 while there is no answer, and for ever when it was lost
}

// String is "PUT /connectors/x/config 201".
func (c Call) String() string { return fmt.Sprintf("%s %s %d", c.Method, c.Path, c.Status) }

func (c *Cluster) record(w *Worker, r *http.Request, body []byte) int {
	c.journal = append(c.journal, Call{Worker: w.id, Method: r.Method, Path: r.URL.RequestURI(), Body: string(body)})
	return len(c.journal) - 1
}

func (c *Cluster) answered(entry, status int) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.journal[entry].Status = status
}

// Journal gives all calls that came, in order.
func (c *Cluster) Journal() []Call {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return slices.Clone(c.journal)
}

// Writes gives those calls that were to change something.
func (c *Cluster) Writes() []Call {
	return slices.DeleteFunc(c.Journal(), func(call Call) bool { return call.Method == http.MethodGet })
}
