package hooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	var out, stderr bytes.Buffer
	code := hooks.Describe(hooks.Process{Stderr: &stderr, Build: func(*juju.Unit) (reactive.Rules, error) {
		return reactive.Rules{reactive.OnSet(flags.New("a")).Clears(flags.New("a"))}, nil
	}}, &out)
	var got reactive.Description
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != 0 || len(got.Rules) != 1 || len(got.Mistakes) == 0 || len(got.Actions) != 1 {
		t.Errorf("exit %d, %v: %s%s", code, err, &out, &stderr)
	}
	for name, build := range map[string]func(*juju.Unit) (reactive.Rules, error){
		"no rules here": func(*juju.Unit) (reactive.Rules, error) { return nil, errors.New("no rules here") },
		"panicked":      func(*juju.Unit) (reactive.Rules, error) { panic("no hook") },
	} {
		out.Reset()
		stderr.Reset()
		if code := hooks.Describe(hooks.Process{Stderr: &stderr, Build: build}, &out); code == 0 || out.Len() > 0 || !strings.Contains(stderr.String(), name) {
			t.Errorf("%s: exit %d, %s%s", name, code, &out, &stderr)
		}
	}
}
