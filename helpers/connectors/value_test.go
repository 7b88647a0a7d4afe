package connectors_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

func TestLiteralPassword(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key, value string
		want       bool
	}{
		{"connection.password", "hunter2", true},
		{"database.password", "123456", true},
		{"aws.secret.access.key", "abc", true},
		{"azure.storage.account.key", "abc", true},
		{"sasl.jaas.config", `org.x required username="a" password="b";`, true},
		{"basic.auth.user.info", "a:b", true},
		{"github.token", "abc", true},
		{"connection.password", "", false},
		{"connection.password", "${env:PASSWORD}", false},
		{"connection.password", "${file:/etc/secrets.properties:password}", false},
		{"sasl.jaas.config", `org.x required username="a" password="${vault:a/b:c}";`, false},
		{"connection.password", "${ingestion_time}", true},
		{"connection.user", "ann", false},
		{"message.key.columns", "a:b", false},
		{"key.converter", "org.x.StringConverter", false},
		{"gcs.credentials.path", "/etc/key.json", false},
		{"credentials.provider.class", "org.x.Y", false},
		{"ssl.keystore.location", "/etc/x.jks", false},
		{"transforms.k.type", "org.x.ValueToKey", false},
		{"oauth.token.endpoint.url", "https://x", false},
		{"key.ignore", "true", false},
	} {
		if got := connectors.LiteralPassword(test.key, test.value); got != test.want {
			t.Errorf("LiteralPassword(%q, %q) = %t; want %t", test.key, test.value, got, test.want)
		}
	}
}

// A password is refused by value, and accepted as a reference, from a secret
// variable, or where the policy says so.
func TestPasswords(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{
		"connectors.yaml": `
environments:
  prod:
    variables:
      secrets: {file: secrets.prod.json}
      open: hunter2hunter2
`,
		"secrets.prod.json": `{"db": {"password": "päss\n\ud83d\ude00 word", "short": "abc"}}`,
		"connectors/prod/secret.jsonnet": `local s = std.extVar('secrets').db;
{'connector.class': 'C', 'connection.password': s.password, 'b.password': s.short, 'c.password': 'prefix-' + s.password}`,
		"connectors/prod/reference.json": `{"connector.class": "C", "connection.password": "${env:PASSWORD}"}`,
	})
	desired, err := load(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if got := desired.Connectors[1].Config["connection.password"]; got != "päss\n😀 word" {
		t.Errorf("the password is %q", got)
	}
	if got := strings.Join(desired.Secrets(), "|"); got != "päss\n😀 word|abc" {
		t.Errorf("the secrets are %q", got)
	}

	testfile.Write(t, filepath.Join(f.Dir(), "connectors/prod/open.jsonnet"), "{'connector.class': 'C', 'connection.password': std.extVar('open'), 'b.password': 'xabcx'}")
	_, err = load(t, f)
	var mistakes *connectors.Mistakes
	if !errors.As(err, &mistakes) || len(mistakes.Each) != 2 || mistakes.Each[0].Key != "b.password" || mistakes.Each[1].Key != "connection.password" {
		t.Fatalf("with passwords by value: %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "xabcx") {
		t.Errorf("a password is shown: %v", err)
	}
	e := environment(t, f, "prod")
	e.Policy.AllowPasswords = true
	if _, err := f.Load(t.Context(), e, connectors.LoadOptions{NoCache: true}); err != nil {
		t.Errorf("with passwords allowed: %v", err)
	}
}

func TestVariables(t *testing.T) {
	t.Setenv("TEST_CONNECT_REGION", "eu")
	files := map[string]string{
		"connectors.yaml": `
defaults:
  variables: {a: text, number: 3, region: {env: TEST_CONNECT_REGION}}
environments:
  prod:
    variables: {a: prod, list: [1, {x: y}], yes: true, date: 2024-01-01, unused: {command: [echo, x]}}
`,
		"connectors/prod/a.jsonnet": `{'connector.class': 'C'} + {[k]: std.toString(std.extVar(k)) for k in ['a', 'number', 'region', 'list', 'yes', 'given', 'date']}`,
	}
	f := folder(t, files)
	desired, err := f.Load(t.Context(), environment(t, f, "prod"), connectors.LoadOptions{NoCache: true, Variables: map[string]string{"given": "by flag"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := connectors.Render(desired.Connectors[0])
	if err != nil {
		t.Fatal(err)
	}
	testfile.Golden(t, "testdata/variables.json", string(got))

	files["connectors.yaml"] = "environments:\n  prod:\n    variables:\n      a: {env: TEST_CONNECT_NOT_SET}\n      b: {file: gone.json}\n      c: {file: wrong.json}\n"
	files["wrong.json"] = "{\n"
	f = folder(t, files)
	_, err = load(t, f)
	want := `cannot use the files of connectors/prod: 3 mistakes
  connectors.yaml:4: variable "a": cannot read the environment variable TEST_CONNECT_NOT_SET: it is not set
  connectors.yaml:5: variable "b": cannot read the file gone.json: no such file or directory
  connectors.yaml:6: variable "c": cannot use the file wrong.json: line 1: the file ends in the middle of a value`
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v; want %s", err, want)
	}
}

// FuzzLoad holds, for any JSON and YAML file: loading ends without a panic,
// and what it gives is what Connect would give back.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		`{"connector.class": "C", "a": 1.50, "b": true}`, `{"x": {"connector.class": "C"}}`, `[{"name": "n", "connector.class": "C"}]`,
		`{"connector.class": "C", "a": null, "b": [1], "c": {}}`, `{"connector.class":"C","a":1e400}`, `{}`, `[]`, `"x"`, `{"a":1}{}`,
		"connector.class: C\na: &a 010\nb: *a\n", "- {name: n, connector.class: C, <<: {x: 1}}", "\xff", "a: !!binary eA==", "? [a]\n: b", "{\"\": \"\"}",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		name := "connectors/prod/f.yaml"
		if isJSON {
			name = "connectors/prod/f.json"
		}
		opened := folder(t, map[string]string{name: text})
		desired, err := load(t, opened)
		if err != nil {
			if mistakes := (*connectors.Mistakes)(nil); !errors.As(err, &mistakes) || len(mistakes.Each) == 0 {
				t.Fatalf("the error says nothing of the file: %v", err)
			}
			return
		}
		names := map[string]bool{}
		for _, c := range desired.Connectors {
			checkWanted(t, c)
			if names[c.Name] {
				t.Errorf("%q comes twice", c.Name)
			}
			names[c.Name] = true
		}
	})
}

// checkWanted holds what everybody relies on.
func checkWanted(t *testing.T, c connectors.Connector) {
	t.Helper()
	if err := connect.CheckName(c.Name); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"name", connectors.OwnerKey, connectors.StateKey} {
		if _, in := c.Config[key]; in {
			t.Errorf("%q is in the configuration", key)
		}
	}
	if c.Config["connector.class"] == "" || c.State == "" || c.Source.File == "" {
		t.Errorf("it is incomplete: %+v", c)
	}
	text, err := connectors.Render(c)
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	flat, err := connect.Normalise(back)
	if err != nil {
		t.Fatal(err)
	}
	if !connect.Equal(flat, c.Config) {
		t.Errorf("rendered and read again it differs: %s", text)
	}
}
