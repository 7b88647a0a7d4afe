package connect

// Names, configurations and what is kept out of messages.

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "a b", "a+b", "a:b", "a?b", "a#b", "ü", "日本", "a.b-c_d~", "...", "a&b=c"} {
		if err := CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".", "..", "a/b", "a;b", `a\b`, "a%b", "a{b}", "a\nb", "a\x00", "a\x7f", " a", "a ", "\u00a0a", "\xff"} {
		if err := CheckName(bad); !errors.Is(err, Invalid) || !strings.HasPrefix(err.Error(), "cannot use ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got := segment("a b?#+:ü"); got != "a%20b%3F%23%2B%3A%C3%BC" {
		t.Errorf("encoded as %s", got)
	}
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	got, err := Normalise(map[string]any{
		"string": "1.0", "int": 2, "int64": int64(-3), "uint8": uint8(4), "float": 2.0, "half": 0.5, "big": 1e21, "float32": float32(0.1),
		"true": true, "false": false, "number": json.Number("1e3"), "long": json.Number("12345678901234567890"),
		"trailing": json.Number("2.50"), "small": json.Number("1e-3"), "zero": json.Number("-0"), "empty": "",
		"reference": "${file:/a:b}",
	})
	want := map[string]string{
		"string": "1.0", "int": "2", "int64": "-3", "uint8": "4", "float": "2", "half": "0.5", "big": "1000000000000000000000", "float32": "0.1",
		"true": "true", "false": "false", "number": "1000", "long": "12345678901234567890",
		"trailing": "2.5", "small": "0.001", "zero": "0", "empty": "",
		"reference": "${file:/a:b}",
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
	_, err = Normalise(map[string]any{"z": nil, "a": map[string]any{"p": "secret"}, "b": []any{1}, "c": math.NaN(), "d": json.Number("1e999999999"), "ok": 1})
	const all = `cannot use the configuration: "a" is an object; "b" is an array; "c" is not a number; "d" is a number out of range; "z" is null`
	if !errors.Is(err, Invalid) || err.Error() != all {
		t.Errorf("got  %v\nwant %s", err, all)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	live := map[string]string{"name": "x", "same": "1", "old": "1", "gone": "1", "masked": "********", "bullets": "••••", "__internal.id": "7", "db.password": "then"}
	wanted := map[string]string{"same": "1", "old": "2", "new": "3", "masked": "pw", "bullets": "pw", "db.password": "now"}
	got := fmt.Sprint(Diff(live, wanted, "__internal.*"))
	const want = `[~ db.password: **** → **** - gone: "1" + new: "3" ~ old: "1" → "2"]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if Equal(live, wanted) || !Equal(map[string]string{"name": "x", "a": "1"}, map[string]string{"a": "1"}) {
		t.Error("Equal and Diff do not agree")
	}
	if Equal(map[string]string{"a": ""}, map[string]string{}) {
		t.Error("an empty value is taken for a missing one")
	}
}

func TestMessagesHoldNoSecret(t *testing.T) {
	t.Parallel()
	var s secrets
	s.learn(map[string]string{
		"connection.password": "hunter2", "api.key": "k1", "x.token": "true", "ref.password": "${file:/s:p}", "key.converter": "org.a.StringConverter",
		"connection.uri":   "mongodb://mongo:p4ssw0rd@host/db",
		"sasl.jaas.config": `org.x.PlainLoginModule required username="u" password="inner-pw";`,
		"multi.secret":     "line one\nline two",
	})
	tests := []struct{ text, want string }{
		{"bad value hunter2 here", "bad value **** here"},
		{"bad k1, k12 and ak1", "bad ****, k12 and ak1"},
		{"true ${file:/s:p} org.a.StringConverter", "true ${file:/s:p} org.a.StringConverter"},
		{"cannot reach mongodb://mongo:p4ssw0rd@host/db", "cannot reach mongodb://mongo:****@host/db"},
		{"login with inner-pw failed", "login with **** failed"},
		{"pem line one\nline two end", "pem **** end"},
		{"Connector config {a=b, other.password=never-seen, z=${c:d}} contains no connector type", "Connector config {****} contains no connector type"},
		{"plugins PluginDesc{klass=class a, name='b'}, PluginDesc{klass=class c}", "plugins PluginDesc{klass=class a, name='b'}, PluginDesc{klass=class c}"},
		{`props: db.password=never seen`, `props: db.password=**** seen`},
		{`{"db.password":"never seen"} x`, `{****} x`},
		{`said "ssl.key.password": "never seen"`, `said "ssl.key.password": ****`},
		{"http://user:never@host:1/x", "http://user:****@host:1/x"},
		{"a\n\tb", "a b"},
		{strings.Repeat("ü", 1000), strings.Repeat("ü", 300) + "…"},
	}
	for _, test := range tests {
		if got := s.message(test.text); got != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
	for _, shown := range []string{fmt.Sprint(Auth{Password: "p"}), fmt.Sprintf("%#v", Auth{Token: "p"}), fmt.Sprintf("%+v", Options{Auth: Auth{Password: "pssst"}})} {
		if strings.Contains(shown, "pssst") || shown == "p" {
			t.Errorf("shows %s", shown)
		}
	}
}
