package juju_test

// Values come back as they were, whatever they look like.

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

func awkward() map[string]string {
	return map[string]string{
		"number": "5", "float": "1.50", "octal": "010", "true": "true", "null": "null", "tilde": "~", "dash": "--x",
		"newline": "a\nb\n", "returns": "\r\n", "quotes": `"'` + "`", "blanks": "  x  ", "tab": "\t", "colon": "a: b",
		"hash": "a # b", "equals": "a=b", "backslash": `\n`, "unicode": "é ☃ 🦊\u2028\u0085\ufeff", "anchor": "&a *a !t",
		"json": `{"a":[1,"2"]}`, "document": "---\nx", "control": "\x01\x1b\x7f", "percent": "%Y", "large": strings.Repeat("é\n", 30<<10),
	}
}

func TestValuesRoundTrip(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Leader = true
	agent.Relations["db:1"] = &jujutest.Relation{App: "pg"}
	for _, way := range []map[string]string{nil, {"JUJU_AGENT_SOCKET_ADDRESS": ""}} {
		unit := unitOf(t, agent.Environ("start", way), juju.Options{})
		relation := must[[]*juju.Relation](t)(unit.Relations(t.Context(), "db"))[0]
		for key, value := range awkward() {
			unit.SetState(key, value)
			relation.Set(key, value)
			relation.SetApp(key, value)
		}
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := unitOf(t, agent.Environ("start", way), juju.Options{})
		relation = must[[]*juju.Relation](t)(next.Relations(t.Context(), "db"))[0]
		own := must[map[string]string](t)(relation.Own(t.Context()))
		app := must[map[string]string](t)(relation.OwnApp(t.Context()))
		for key, value := range awkward() {
			stored, ok, err := next.State(t.Context(), key)
			if err != nil || !ok || stored != value || own[key] != value || app[key] != value {
				t.Errorf("%s: %.60q became %.60q, %.60q, %.60q (%v)", key, value, stored, own[key], app[key], err)
			}
		}
		agent.Lock()
		agent.State, agent.Relations["db:1"].Data = map[string]string{}, nil
		agent.Unlock()
	}
}

func FuzzValues(f *testing.F) {
	for key, value := range awkward() {
		f.Add(key, value)
	}
	f.Add("k", strings.Repeat("x", 61<<10))
	agent := jujutest.Start(f)
	f.Fuzz(func(t *testing.T, key, value string) {
		unit := install(t, agent)
		unit.SetState(key, value)
		err := unit.Commit(t.Context())
		possible := key != "" && len(key) <= 250 && utf8.ValidString(key) && utf8.ValidString(value) &&
			!strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '#' }) && !strings.ContainsRune(value, 0)
		if err != nil {
			if possible {
				t.Fatal(err)
			}
			return
		}
		got, ok, err := install(t, agent).State(t.Context(), key)
		if err != nil || !ok || got != value {
			t.Fatalf("%q: %q became %q (%v, %v)", key, value, got, ok, err)
		}
		unit.DeleteState(key)
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(agent.State) != 0 {
			t.Fatalf("left behind: %q", agent.State)
		}
	})
}

func TestImpossibleValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ key, value, want string }{
		"NUL":           {"k", "a\x00b", "NUL"},
		"not UTF-8":     {"k", "\xff", "not UTF-8"},
		"no key":        {"", "v", "key is empty"},
		"long key":      {strings.Repeat("k", 257), "v", "257 bytes"},
		"key with line": {"a\nb", "v", "not text"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := jujutest.Start(t)
			agent.Relations["db:1"] = &jujutest.Relation{App: "pg"}
			inState, inRelation := install(t, agent), install(t, agent)
			inState.SetState(c.key, c.value)
			must[[]*juju.Relation](t)(inRelation.Relations(t.Context(), "db"))[0].Set(c.key, c.value)
			for _, unit := range []*juju.Unit{inState, inRelation} {
				if err := unit.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			}
			if len(agent.State) > 0 || len(agent.Relations["db:1"].Data) > 0 {
				t.Error("something was written")
			}
		})
	}
}
