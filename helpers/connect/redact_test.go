package connect

// What is hidden in what the client is asked to show.

import (
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Who shows something while somebody else is asking for the further secrets waits for them: none of many that begin
// at once shows one.
func TestSecretsAreKnownToAll(t *testing.T) {
	t.Parallel()
	const all = 8
	var shown [all]string
	var began, ended sync.WaitGroup
	asked := 0
	var c *Client
	c, err := New(Options{URLs: []string{"http://connect"}, Secrets: func() []string {
		asked++
		began.Wait() // all others are on their way by now, and get time to be too early
		for range 1000 {
			runtime.Gosched()
		}
		return []string{"Tr0ub4dor"}
	}})
	if err != nil {
		t.Fatal(err)
	}
	began.Add(all)
	for i := range shown {
		ended.Go(func() {
			began.Done()
			shown[i] = c.Conceal(Status{Connector: State{Trace: "refused k = Tr0ub4dor"}}).Connector.Trace
		})
	}
	ended.Wait()
	for i, text := range shown {
		if text != "refused k = ****" {
			t.Errorf("goroutine %d shows %q", i, text)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
}

// Nobody is asked for secrets where there is nothing to show.
func TestSecretsAreNotAskedForInVain(t *testing.T) {
	t.Parallel()
	c, err := New(Options{URLs: []string{"http://connect"}, Secrets: func() []string {
		t.Error("it was asked")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.Conceal(Status{Connector: State{State: Running}, Tasks: []State{{State: Running}}})
}

// A text of several lines is hidden as a whole, before a trace is cut to its first line.
func TestSecretOfSeveralLines(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN-----\nMIIEpAIBAAKCAQEA\n-----END-----"
	trace := "java.lang.IllegalArgumentException: cannot read " + key + " at all\n\tat Task.run(Task.java:1)"
	const want = "java.lang.IllegalArgumentException: cannot read **** at all"
	config := map[string]string{"private.key": key}
	if got := FirstLine(trace, config); got != want {
		t.Errorf("its first line is %q, want %q", got, want)
	}
	c := &Client{}
	c.secrets.learn(config)
	stuck := c.stuck(Status{Name: "x", Connector: State{State: FailedNow, Trace: trace}})
	if stuck == nil || !strings.HasSuffix(stuck.Error(), want) {
		t.Errorf("waiting ends with %q", stuck)
	}
}

// An address may be one that somebody mistyped, with a password in it.
func TestShownURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://connect:8083":           "http://connect:8083",
		"https://connect/way":           "https://connect/way",
		"http://ann:hunter2@connect":    "http://****@connect",
		"http://ann:hun%zzter2@connect": "http://****@connect",
		"http://ann:hun/ter2@connect/x": "http://****@connect/x",
		"http://ann:h?unter2@connect":   "http://****@connect",
		"http://ann:hunt@er2@connect":   "http://****@connect",
		"ann:hunter2@connect:8083":      "****@connect:8083",
		"http://connect/?token=hunter2": "http://connect/?****",
		"http://connect#hunter2":        "http://connect#****",
		"ftp://ann:hunter2@connect":     "ftp://****@connect",
		"":                              "",
	} {
		if got := ShownURL(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
		if _, err := New(Options{URLs: []string{address}}); err != nil && strings.Contains(err.Error(), "unter2") {
			t.Errorf("it is refused with %q", err)
		}
	}
}
