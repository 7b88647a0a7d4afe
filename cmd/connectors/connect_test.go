package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
)

// The command "connect" of the scripts: Connect clusters inside the test.
//
//	connect start [NAME] [version=3.9.2] [workers=2] [status=20ms] [hang=PLUGIN]
//	connect fault METHOD PATH [status=500] [body=…] [times=-1] [delay=1s] [hang] [lost=after]
//	connect calm                        takes all faults back
//	connect fail NAME TASK TRACE        connect mend NAME
//	connect put NAME FILE               connect produce TOPIC LINE...
//	connect await METHOD PATH [N]       waits until such a call has come, N times; or "open", without an answer yet
//	connect secure                      puts TLS and a password in front: ca.pem, admin, hunter2
//	connect writes                      prints the calls that were to change something
//	connect config NAME                 prints what the cluster keeps
//	connect states                      prints what each connector should be doing
//	connect kill                        ends its leader as a crash does
//	connect stop                        ends its workers
//
// "start" sets URL, or URL_NAME. The others speak of the cluster started last.

// clusters are those of one script.
type clusters struct {
	last   *connecttest.Cluster
	url    string
	topic  string
	before int // the writes that "writes" has printed
	calm   []func()
}

// clustersKey is where a script keeps its clusters.
type clustersKey struct{}

func clustersOf(ts *testscript.TestScript) *clusters { return ts.Value(clustersKey{}).(*clusters) }

// settings splits "key=value" arguments.
func settings(ts *testscript.TestScript, args []string) map[string]string {
	all := map[string]string{}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		all[key] = value
	}
	return all
}

func connectCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: connect start|fault|fail|mend|put|produce|await|writes|config|states|stop …")
	}
	s := clustersOf(ts)
	if args[0] == "start" {
		s.start(ts, args[1:])
		return
	}
	if s.last == nil {
		ts.Fatalf("no cluster was started")
	}
	switch args[0] {
	case "fault":
		s.fault(ts, args[1], args[2], settings(ts, args[3:]))
	case "calm":
		for _, remove := range s.calm {
			remove()
		}
		s.calm = nil
	case "fail":
		task, err := strconv.Atoi(args[2])
		ts.Check(err)
		if !s.last.Fail(args[1], task, strings.ReplaceAll(args[3], `\n`, "\n"), len(args) > 4) {
			ts.Fatalf("there is no connector %q", args[1])
		}
	case "mend":
		s.last.Mend(args[1])
	case "put":
		s.put(ts, args[1], os.Expand(ts.ReadFile(args[2]), ts.Getenv))
	case "produce":
		s.last.Store().Produce(args[1], args[2:]...)
	case "await":
		if len(args) > 3 && args[3] == "open" {
			s.awaitOpen(ts, args[1], args[2])
			return
		}
		times := 1
		if len(args) > 3 {
			count, err := strconv.Atoi(args[3])
			ts.Check(err)
			times = count
		}
		s.await(ts, args[1], args[2], times)
	case "secure":
		s.secure(ts)
	case "writes":
		s.writes(ts)
	case "config":
		s.config(ts, args[1])
	case "states":
		out := ts.Stdout()
		for _, name := range s.last.Store().Names(s.topic) {
			fmt.Fprintf(out, "%s %s\n", name, s.last.Store().Target(s.topic, name))
		}
	case "kill":
		s.last.Workers()[0].Kill()
	case "stop":
		for _, worker := range s.last.Workers() {
			worker.Kill()
		}
	default:
		ts.Fatalf("unknown: connect %s", args[0])
	}
}

func (s *clusters) start(ts *testscript.TestScript, args []string) {
	name := ""
	if len(args) > 0 && !strings.Contains(args[0], "=") {
		name, args = "_"+args[0], args[1:]
	}
	options := connecttest.Options{ConfigTopic: "configs"}
	workers := 1
	for key, value := range settings(ts, args) {
		switch key {
		case "version":
			options.Version = value
		case "workers":
			count, err := strconv.Atoi(value)
			ts.Check(err)
			workers = count
		case "status":
			delay, err := time.ParseDuration(value)
			ts.Check(err)
			options.Timing.Status = delay
		default:
			ts.Fatalf("connect start does not know %s=", key)
		}
	}
	cluster := connecttest.NewCluster(options)
	ts.Defer(cluster.Close)
	var urls []string
	for range workers {
		worker, err := cluster.Listen()
		ts.Check(err)
		urls = append(urls, worker.URL())
	}
	s.last, s.url, s.topic, s.before = cluster, urls[0], options.ConfigTopic, 0
	ts.Setenv("URL"+name, strings.Join(urls, ","))
}

func (s *clusters) fault(ts *testscript.TestScript, method, path string, more map[string]string) {
	fault := connecttest.Fault{Method: method, Path: path, Body: more["body"], Lost: connecttest.Loss(more["lost"])}
	if method == "*" {
		fault.Method = ""
	}
	var err error
	for key, value := range more {
		switch key {
		case "status":
			fault.Status, err = strconv.Atoi(value)
		case "times":
			fault.Times, err = strconv.Atoi(value)
		case "delay":
			fault.Delay, err = time.ParseDuration(value)
		case "hang":
			fault.Hang = true
		case "body", "lost":
		default:
			ts.Fatalf("connect fault does not know %s", key)
		}
		ts.Check(err)
	}
	s.calm = append(s.calm, s.last.Inject(fault))
}

// put registers a connector as somebody else does, and waits until it has a status.
func (s *clusters) put(ts *testscript.TestScript, name, config string) {
	request, err := http.NewRequest("PUT", s.url+"/connectors/"+name+"/config", strings.NewReader(config))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		ts.Fatalf("PUT %s: %s", name, text)
	}
	s.patiently(ts, "a status of "+name, func() bool {
		answer, err := http.Get(s.url + "/connectors/" + name + "/status")
		ts.Check(err)
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		return answer.StatusCode == 200 && bytes.Contains(text, []byte(`"tasks":[{`))
	})
}

// patience is how long a script waits for what has to come.
const patience = 30 * time.Second

func (s *clusters) patiently(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not come in %v", what, patience)
		}
	}
}

func (s *clusters) await(ts *testscript.TestScript, method, path string, times int) {
	s.patiently(ts, method+" "+path, func() bool {
		came := 0
		for _, call := range s.last.Journal() {
			if without, _, _ := strings.Cut(call.Path, "?"); call.Method == method && without == path {
				came++
			}
		}
		return came >= times
	})
}

// awaitOpen waits for a call that has no answer yet.
func (s *clusters) awaitOpen(ts *testscript.TestScript, method, path string) {
	s.patiently(ts, method+" "+path, func() bool {
		return slices.ContainsFunc(s.last.Journal(), func(c connecttest.Call) bool {
			without, _, _ := strings.Cut(c.Path, "?")
			return c.Method == method && without == path && c.Status == 0
		})
	})
}

// secure sets URL to an address with TLS where a password is asked for, as a
// proxy before Connect does it.
func (s *clusters) secure(ts *testscript.TestScript) {
	worker := s.last.Join("secure:443")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "admin" || password != "hunter2" {
			http.Error(w, `{"error_code":401,"message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		worker.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	ts.Defer(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), authority, 0o644))
	ts.Setenv("URL", server.URL)
}

// writes prints what came since it was last asked, in alphabetical order:
// many are in flight at once.
func (s *clusters) writes(ts *testscript.TestScript) {
	all := s.last.Writes()
	var lines []string
	for _, call := range all[s.before:] {
		if !strings.HasSuffix(call.Path, "/validate") {
			lines = append(lines, call.String())
		}
	}
	s.before = len(all)
	slices.Sort(lines)
	out := ts.Stdout()
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
}

func (s *clusters) config(ts *testscript.TestScript, name string) {
	config := s.last.Store().Config(s.topic, name)
	if config == nil {
		ts.Fatalf("there is no connector %q", name)
	}
	for _, key := range slices.Sorted(maps.Keys(config)) {
		value, err := json.Marshal(config[key])
		ts.Check(err)
		fmt.Fprintf(ts.Stdout(), "%s=%s\n", key, value)
	}
}

// ttyCommand is the command "tty" of the scripts: it runs a command whose
// three streams are one terminal of 30 lines of 100 characters, and plays the
// user as a file says: "? REGEXP" waits until the terminal shows it, "> TEXT"
// types a line, "^C" and "^D" press Ctrl-C and Ctrl-D, "@ METHOD PATH" waits until the cluster
// was called so. What the terminal showed is the standard
// output.
//
//	tty FILE|- COMMAND ARG...
func ttyCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: tty FILE|- COMMAND ARG...")
	}
	play := ""
	if args[0] != "-" {
		play = ts.ReadFile(args[0])
	}
	screen, err := onTerminal(ts, play, args[1], args[2:]...)
	fmt.Fprint(ts.Stdout(), screen)
	switch {
	case err != nil && !neg:
		ts.Fatalf("%s failed: %v\n%s", args[1], err, screen)
	case err == nil && neg:
		ts.Fatalf("%s succeeded, which it should not\n%s", args[1], screen)
	}
}

// expandCommand is the command "expand" of the scripts: in files it puts the
// clusters' addresses and the script's folder in place of $URL, $URL_NAME and
// $WORK.
func expandCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: expand FILE...")
	}
	variable := regexp.MustCompile(`\$(URL(_[A-Z]+)?|WORK)\b`)
	for _, file := range args {
		text := variable.ReplaceAllStringFunc(ts.ReadFile(file), func(name string) string { return ts.Getenv(name[1:]) })
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
	}
}
