package juju_test

// The rest of a unit: options, leadership, status, log, secrets and so on.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Config = map[string]any{"s": "5", "i": 8083, "f": 1.5, "b": true, "zero": 0, "none": nil, "big": 1 << 60, "off": false, "empty": ""}
	unit := install(t, agent)
	config := must[juju.Config](t)(unit.Config(t.Context()))
	if config.String("s") != "5" || config.Int("i") != 8083 || config.Float("f") != 1.5 || !config.Bool("b") || config.Int("big") != 1<<60 {
		t.Errorf("%#v", config)
	}
	if config.Int("s") != 0 || config.String("i") != "" || config.Float("i") != 8083 || config.Int("f") != 1 {
		t.Errorf("of another type: %#v", config)
	}
	var set []string
	for option := range agent.Config {
		if config.IsSet(option) {
			set = append(set, option)
		}
	}
	slices.Sort(set)
	if diff := cmp.Diff([]string{"b", "big", "f", "i", "s"}, set); diff != "" {
		t.Error(diff)
	}
	config["s"] = "changed"
	if must[juju.Config](t)(unit.Config(t.Context())).String("s") != "5" || len(agent.Calls()) != 1 {
		t.Error("not cached, or not the caller's own")
	}
}

func TestGarbageFromATool(t *testing.T) {
	t.Parallel()
	for _, garbage := range []string{"{", "[]", "{} {}", "not json", `{"a":"se`} {
		agent := start(t)
		agent.Answer = func(jujutest.Request) (jujutest.Response, error, bool) {
			return jujutest.Response{Stdout: []byte(garbage)}, nil, true
		}
		if _, err := install(t, agent).Config(t.Context()); err == nil || !strings.Contains(err.Error(), "config-get") {
			t.Errorf("%q: %v", garbage, err)
		}
	}
	for _, nothing := range []string{"", "null", "\n"} {
		agent := start(t)
		agent.Answer = func(request jujutest.Request) (jujutest.Response, error, bool) {
			return jujutest.Response{Stdout: []byte(nothing)}, nil, strings.HasSuffix(request.CommandName, "-get")
		}
		unit := install(t, agent)
		unit.SetState("k", "v")
		if err := unit.Commit(t.Context()); err != nil {
			t.Errorf("%q: %v", nothing, err)
		}
		if config, err := unit.Config(t.Context()); err != nil || len(config) != 0 {
			t.Errorf("%q: %v, %v", nothing, config, err)
		}
	}
}

func TestLeadership(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Leader = true
	unit := install(t, agent)
	for _, change := range []struct{ leads, want bool }{{true, true}, {true, true}, {false, false}, {true, false}} {
		agent.Lock()
		agent.Leader = change.leads
		agent.Unlock()
		if got := must[bool](t)(unit.IsLeader(t.Context())); got != change.want {
			t.Errorf("got %v, want %v", got, change.want)
		}
	}
	if got := len(agent.Calls()); got != 3 {
		t.Errorf("asked %d times", got)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		set  []juju.Status
		want string
	}{
		"none":      {nil, ""},
		"worst":     {[]juju.Status{{juju.Active, "a"}, {juju.Blocked, "b"}, {juju.Waiting, "w"}}, "blocked b"},
		"first":     {[]juju.Status{{juju.Waiting, "1"}, {juju.Waiting, "2"}}, "waiting 1"},
		"dash":      {[]juju.Status{{juju.Maintenance, "--now"}}, "maintenance --now"},
		"no text":   {[]juju.Status{{juju.Active, ""}}, "active "},
		"one line":  {[]juju.Status{{juju.Active, "a\n\tb\x00c \xff"}}, "active a b c �"},
		"no status": {[]juju.Status{{juju.NoStatus, "x"}, {juju.Active, "a"}}, "active a"},
		"bounded":   {[]juju.Status{{juju.Active, strings.Repeat("é", 1000)}}, "active " + strings.Repeat("é", 118) + "…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := start(t)
			unit := install(t, agent)
			for _, s := range c.set {
				unit.SetStatus(s)
			}
			for range 2 {
				if err := unit.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if agent.Status != c.want || len(agent.Calls()) > 1 {
				t.Errorf("got %q", agent.Status)
			}
		})
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	agent := start(t)
	unit := install(t, agent)
	log := unit.Log()
	log.Debug("--begins with dashes")
	log.Info("created", "topic", "a b", "n", 3, "empty", "", "err", errors.New("x=y"), "list", []int{1})
	log.With("rule", "r").WithGroup("g").Warn("deep", "k", slog.GroupValue(slog.Int("v", 1)))
	log.Error("two\nlines", "content", juju.SecretContent{"password": "hunter2"})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	log.InfoContext(cancelled, "still written")
	want := []string{
		"DEBUG --begins with dashes",
		`INFO created topic="a b" n=3 empty="" err="x=y" list=[1]`,
		"WARNING deep rule=r g.k.v=1",
		`ERROR two lines content="(secret with 1 keys)"`,
		"INFO still written",
	}
	if diff := cmp.Diff(want, agent.Log); diff != "" {
		t.Error(diff)
	}
}

func TestLogIsNotLost(t *testing.T) {
	t.Parallel()
	agent := jujutest.Start(t) // without tools to fall back to
	var stderr bytes.Buffer
	unit := unitOf(t, agent.Environ("install", nil), juju.Options{Stderr: &stderr, LogLevel: slog.LevelInfo})
	unit.Log().Debug("below the level")
	unit.Log().Info("before")
	agent.Break()
	unit.Log().Info("after", "k", "v")
	if !slices.Equal(agent.Log, []string{"INFO before"}) || stderr.String() != "INFO after k=v\n" {
		t.Errorf("%q, %q", agent.Log, stderr.String())
	}
}

func TestSmallThings(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	agent := start(t)
	agent.Goal = `{"units":{"kc/0":{"status":"dying","since":"x"}},"relations":{"db":{"pg":{"status":"joined"}}}}`
	agent.Resources = map[string]string{"plugins": "/var/lib/juju/plugins.tar\n"}
	agent.Ports = []string{"80/tcp", "90/tcp"}
	unit := install(t, agent)
	if unit.Name() != "kc/0" || unit.Application() != "kc" || unit.Model() != "test" || unit.ModelUUID() == "" {
		t.Errorf("%+v", unit.Env())
	}
	network := must[juju.Network](t)(unit.NetworkGet(ctx, "db"))
	if diff := cmp.Diff(juju.Network{BindAddresses: []string{"10.0.0.1"}, IngressAddresses: []string{"10.0.0.1"},
		EgressSubnets: []string{"10.0.0.1/32"}}, network); diff != "" {
		t.Error(diff)
	}
	goal := must[juju.GoalState](t)(unit.GoalState(ctx))
	if goal.Units["kc/0"].Status != "dying" || goal.Relations["db"]["pg"].Status != "joined" {
		t.Errorf("%+v", goal)
	}
	if path := must[string](t)(unit.Resource(ctx, "plugins")); path != "/var/lib/juju/plugins.tar" {
		t.Error(path)
	}
	if _, err := unit.Resource(ctx, "none"); !errors.Is(err, juju.ErrNotFound) {
		t.Error(err)
	}
	unit.OpenPort(80, "tcp")
	unit.OpenPort(8083, "tcp")
	unit.ClosePort(90, "tcp")
	unit.ClosePort(91, "udp")
	unit.SetWorkloadVersion("-3.9\n")
	if err := unit.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(agent.Ports, []string{"80/tcp", "8083/tcp"}) || agent.Version != "-3.9" {
		t.Errorf("%v %q", agent.Ports, agent.Version)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	agent := start(t)
	unit := install(t, agent)
	secrets := unit.Secrets()
	content := juju.SecretContent{"password": "-hunter2=\n", "bytes": "\xff\x00"}
	uri := must[string](t)(secrets.Add(ctx, juju.Secret{Content: content, Label: "config", Rotate: "never"}))
	got := must[juju.SecretContent](t)(secrets.Get(ctx, uri, juju.Peek))
	if got["password"] != content["password"] || agent.Secrets[uri].Content["bytes"] != "\xff\x00" {
		t.Errorf("%q", agent.Secrets[uri].Content)
	}
	if err := secrets.Set(ctx, uri, juju.Secret{Content: juju.SecretContent{"password": "other"}}); err != nil {
		t.Fatal(err)
	}
	if got := must[juju.SecretContent](t)(secrets.Get(ctx, "config", juju.Refresh)); got["password"] != "other" {
		t.Errorf("%q", map[string]string(got))
	}
	info := must[juju.SecretInfo](t)(secrets.Info(ctx, "config"))
	if info.Revision != 2 || info.Owner != "application" || "secret:"+info.ID != uri {
		t.Errorf("%+v", info)
	}
	if err := secrets.Grant(ctx, uri, "db:1", "pg/0"); err != nil || !slices.Equal(agent.Secrets[uri].Grants, []string{"db:1 pg/0"}) {
		t.Errorf("%v, %v", agent.Secrets[uri].Grants, err)
	}
	if err := errors.Join(secrets.Revoke(ctx, uri, "db:1", ""), secrets.Remove(ctx, uri)); err != nil || len(agent.Secrets) != 0 {
		t.Errorf("%v, %v", agent.Secrets, err)
	}
	if _, err := secrets.Info(ctx, "none"); !errors.Is(err, juju.ErrNotFound) {
		t.Error(err)
	}
	if _, err := secrets.Add(ctx, juju.Secret{Content: juju.SecretContent{"A": "hunter2"}}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	for _, call := range agent.Calls() {
		if strings.Contains(call, "hunter2") || strings.Contains(call, "other") {
			t.Errorf("an argument holds the secret: %s", call)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %s", content, content, content, content); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
	old := unitOf(t, agent.Environ("install", map[string]string{"JUJU_VERSION": "2.9.42"}), juju.Options{})
	if _, err := old.Secrets().Add(ctx, juju.Secret{Content: content}); !errors.Is(err, juju.ErrUnsupported) {
		t.Error(err)
	}
}

func TestAction(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	agent := start(t)
	agent.Params = map[string]any{"n": 3, "deep": map[string]any{"f": 1.5, "list": []any{1, "a"}}}
	unit := unitOf(t, agent.Environ("action restart", nil), juju.Options{})
	action := unit.Action()
	want := map[string]any{"n": int64(3), "deep": map[string]any{"f": 1.5, "list": []any{int64(1), "a"}}}
	if diff := cmp.Diff(want, must[map[string]any](t)(action.Params(ctx))); diff != "" {
		t.Error(diff)
	}
	action.Set("a", map[string]any{"b": map[string]string{"c-d": "--x"}, "n": 5, "list": []int{1, 2}})
	action.Set("big", strings.Repeat("x", 100<<10))
	action.Set("also-big", strings.Repeat("x", 200<<10))
	action.Fail("--first")
	action.Fail("second")
	if err := action.Log(ctx, "-half\nway"); err != nil {
		t.Fatal(err)
	}
	if err := action.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if agent.Results["a.b.c-d"] != "--x" || agent.Results["a.n"] != "5" || agent.Results["a.list"] != "[1,2]" || len(agent.Results["also-big"]) != 200<<10 {
		t.Errorf("%.300v", agent.Results)
	}
	if *agent.Failure != "--first" || !slices.Equal(agent.Progress, []string{"-half way"}) {
		t.Errorf("%q %q", *agent.Failure, agent.Progress)
	}
	for _, key := range []string{"Upper", "a..b", "stdout", ""} {
		action.Set(key, "x")
		if err := action.Commit(ctx); err == nil {
			t.Errorf("%q is taken", key)
		}
	}
}

func TestSeam(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Leader = true
	agent.Relations["cluster:0"] = &jujutest.Relation{App: "kc"}
	var effects []string
	refuse := ""
	unit := unitOf(t, agent.Environ("install", nil), juju.Options{
		Seam: func(_ context.Context, effect string, do func() error) error {
			effects = append(effects, effect)
			if effect == refuse {
				return errors.New("refused by the test")
			}
			return do()
		},
	})
	must[[]*juju.Relation](t)(unit.Relations(t.Context(), "cluster"))[0].SetApp("k", "v")
	unit.SetState("k", "v")
	refuse = "juju: state-set"
	if err := unit.Commit(t.Context()); err == nil || len(agent.State) != 0 {
		t.Errorf("%v, %v", err, agent.State)
	}
	refuse = ""
	if err := unit.Commit(t.Context()); err != nil || agent.State["k"] != "v" {
		t.Errorf("%v, %v", err, agent.State)
	}
	want := []string{"juju: relation-ids cluster", "juju: is-leader", "juju: relation-get cluster:0 kc", "juju: relation-set cluster:0 app",
		"juju: state-get", "juju: state-set", "juju: state-set"}
	if diff := cmp.Diff(want, effects); diff != "" {
		t.Error(diff)
	}
}
