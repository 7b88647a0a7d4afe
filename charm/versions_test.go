package charm_test

// What is stored outlives the charm that wrote it: newer charms read what older ones
// wrote, and an older one leaves alone what a newer one wrote.

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// stored is all that an application keeps in Juju, of its leader: recorded in
// testdata/state/v*.json, with words in place of what differs from run to run.
type stored struct {
	Unit  map[string]json.RawMessage `json:"unit"`  // the unit's state
	Peer  json.RawMessage            `json:"peer"`  // application data of the relation cluster
	Vault json.RawMessage            `json:"vault"` // the secret's content
}

// names are what differs from run to run.
func (l *life) names() map[string]string {
	return map[string]string{l.Kafka.Addrs()[0]: "BROKER", l.from: "SOURCE", l.to: "SINK", l.UUID(): "MODEL"}
}

func (l *life) stored() stored {
	l.t.Helper()
	leader := l.Leader("connect")
	s := stored{Unit: map[string]json.RawMessage{}, Peer: l.recorded(l.RelationData("cluster", "connect")["connect"])}
	for key, value := range l.State(leader) {
		if key != "reactive.history" { // a help for a person, forgotten at will
			s.Unit[key] = l.recorded(value)
		}
	}
	for _, secret := range l.Secrets() {
		text, err := gunzip(secret.Content["memory"])
		l.Must(err)
		s.Vault = l.recorded(text)
	}
	return s
}

func (l *life) recorded(text string) json.RawMessage {
	for actual, word := range l.names() {
		text = strings.ReplaceAll(text, actual, word)
	}
	return json.RawMessage(text)
}

// rewrite makes the application's stored state another one: by a charm that does nothing else.
func (l *life) rewrite(s stored) {
	l.t.Helper()
	dir := l.t.TempDir()
	l.Must(os.CopyFS(dir, os.DirFS(fileCharm)))
	script, err := os.ReadFile("testdata/other-version/dispatch")
	l.Must(err)
	l.Must(os.WriteFile(filepath.Join(dir, "dispatch"), script, 0o755))
	unit := map[string]string{}
	for key, value := range s.Unit {
		unit[key] = l.actual(value)
	}
	l.write(dir, "unit.yaml", unit)
	if s.Peer != nil {
		l.write(dir, "peer.yaml", map[string]string{"connect": l.actual(s.Peer)})
	}
	if s.Vault != nil {
		l.Must(os.WriteFile(filepath.Join(dir, "memory"), []byte(gzipped(l.actual(s.Vault))), 0o644))
	}
	l.Must(l.Refresh("connect", dir))
	l.MustSettle()
}

func (l *life) actual(recorded json.RawMessage) string {
	text := string(recorded)
	for actual, word := range l.names() {
		text = strings.ReplaceAll(text, word, actual)
	}
	return text
}

func (l *life) write(dir, name string, values map[string]string) {
	l.t.Helper()
	if len(values) == 0 {
		return
	}
	text, err := json.Marshal(values) // JSON is YAML
	l.Must(err)
	l.Must(os.WriteFile(filepath.Join(dir, name), text, 0o644))
}

func gunzip(text string) (string, error) {
	zip, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return "", err
	}
	all, err := io.ReadAll(zip)
	return string(all), err
}

func gzipped(text string) string {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Write([]byte(text)) //nolint:errcheck // into memory
	zip.Close()             //nolint:errcheck // into memory
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

const stateFixture = "testdata/state/v1.json"

// withSecret is a life in which every place of the stored state is used.
func withSecret(t *testing.T) *life {
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.run("connect/0", "register-connector", map[string]any{"name": "spare", "config": spare})
	l.run("connect/0", "pause-connector", map[string]any{"name": "spare"})
	return l
}

// TestRecordState: go test ./charm -run RecordState -update records the present version, once for each.
func TestRecordState(t *testing.T) {
	t.Parallel()
	l := withSecret(t)
	now := l.stored()
	if testfile.Update() {
		text, err := json.MarshalIndent(now, "", "\t")
		l.Must(err)
		l.Must(os.WriteFile(stateFixture, append(text, '\n'), 0o644))
	}
	was := readStored(t, stateFixture)
	for name, pair := range map[string][2]json.RawMessage{"unit": {was.Unit["reactive.state"], now.Unit["reactive.state"]}, "peer": {was.Peer, now.Peer}, "vault": {was.Vault, now.Vault}} {
		if old, present := version(t, pair[0]), version(t, pair[1]); old != present {
			t.Errorf("%s is stored in version %d, and %s has %d: record a state of the new version beside it", name, present, stateFixture, old)
		}
	}
}

func version(t *testing.T, text json.RawMessage) int {
	t.Helper()
	var v struct{ Version int }
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v.Version
}

func readStored(t *testing.T, path string) (s stored) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOlderState: this charm goes on from every state that was ever recorded, as if it had written it.
func TestOlderState(t *testing.T) {
	t.Parallel()
	recorded, err := filepath.Glob("testdata/state/v*.json")
	if err != nil || len(recorded) == 0 {
		t.Fatal("no state is recorded", err)
	}
	for _, path := range recorded {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			l := withSecret(t)
			before, writes, kube := l.MustSnapshot(), len(l.Group("connect").Writes()), len(l.Kube.Writes())
			l.rewrite(readStored(t, path))
			l.Must(l.Refresh("connect", fileCharm))
			l.MustSettle()
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			l.wantStatus("connect/0", "active: 1 worker, 3 connectors")
			l.wantConnectors("connect-sink running", "connect-source running", "spare paused")
			if again := l.Group("connect").Writes()[writes:]; len(again) > 0 {
				t.Errorf("wrote to Connect: %v", again)
			}
			if again := l.Kube.Writes()[kube:]; len(again) > 0 {
				t.Errorf("wrote to Kubernetes: %v", again)
			}
			if diff := cmp.Diff(before.Objects, l.MustSnapshot().Objects); diff != "" {
				t.Errorf("Kubernetes has other objects (-before +after)\n%s", diff)
			}
			l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
			l.MustSettle()
			l.Must(l.Integrate("connect:kafka", "kafka:client"))
			l.MustSettle()
			l.wantConnectors("connect-sink running", "connect-source running", "spare paused")
		})
	}
}

// TestNewerState: whatever a newer charm stored, an older one does nothing with it, whatever happens.
func TestNewerState(t *testing.T) {
	t.Parallel()
	next := json.RawMessage(`{"version": 2, "flags": {"of": "another kind"}, "connectors": 7}`)
	for name, s := range map[string]stored{
		"unit state":    {Unit: map[string]json.RawMessage{"reactive.state": next}},
		"peer relation": {Peer: next},
		"secret":        {Vault: next},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := withSecret(t)
			l.rewrite(s)
			before, state := l.MustSnapshot(), fmt.Sprint(l.stored())
			writes, kube := len(l.Group("connect").Writes()), len(l.Kube.Writes())
			l.Must(l.Refresh("connect", fileCharm))
			l.Must(l.Configure("connect", map[string]any{"workers": 2, "worker-config": "offset.flush.interval.ms=77"}))
			l.MustSettle()
			const want = "blocked: this charm is older than the one that ran here, and leaves all as it is: juju refresh connect to the newer one"
			l.wantStatus("connect/0", want)
			l.fails("connect/0", "register-connector", map[string]any{"name": "more", "config": spare}, "older than the one that ran here")
			l.Must(l.UpdateStatus("connect"))
			l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
			l.MustSettle()
			l.wantStatus("connect/0", want)
			if now := fmt.Sprint(l.stored()); now != state {
				t.Errorf("stored is\n%s\nwas\n%s", now, state)
			}
			if diff := cmp.Diff(before.Topics, l.MustSnapshot().Topics); diff != "" {
				t.Errorf("topics (-before +after)\n%s", diff)
			}
			if again := l.Group("connect").Writes()[writes:]; len(again) > 0 || len(l.Kube.Writes()) > kube {
				t.Errorf("wrote to Connect %v and to Kubernetes %v", again, l.Kube.Writes()[kube:])
			}
		})
	}
}
