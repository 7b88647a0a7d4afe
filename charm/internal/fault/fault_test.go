package fault_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charm/internal/fault"
)

func TestWrites(t *testing.T) {
	t.Parallel()
	for effect, want := range map[string]bool{
		"juju: state-set":                          true,
		"juju: relation-set cluster:0 app":         true,
		"juju: secret-add":                         true,
		"juju: secret-remove":                      true,
		"juju: commit install":                     true,
		"juju: secret-get":                         false,
		"juju: secret-info-get":                    false,
		"juju: relation-get kafka:1 kafka/0":       false,
		"juju: juju-log":                           false,
		"kafka: create topic a":                    true,
		"kafka: describe topics":                   false,
		"kafka: await topics":                      false,
		"kube: apply secret/ns/a":                  true,
		"kube: delete secret/ns/a":                 true,
		"kube: get secret/ns/a":                    false,
		"connect: PUT /connectors/a/config":        true,
		"connect: DELETE /connectors/a":            true,
		"connect: GET /connectors?expand=status":   false,
		"an effect that nobody has thought of yet": true,
	} {
		if got := fault.Writes(effect); got != want {
			t.Errorf("Writes(%q) = %v, want %v", effect, got, want)
		}
	}
}

// Only the chosen occurrence is struck, once, also when another process goes on
// with the same folder.
func TestSeamStrikesOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		way  fault.Way
		done int // of three
	}{{fault.Fail, 2}, {fault.LoseAnswer, 3}} {
		folder := fault.Folder(t.TempDir())
		if err := folder.Arm(&fault.Target{Effect: "write a-HASH", Nth: 2, Way: test.way}); err != nil {
			t.Fatal(err)
		}
		done := 0
		var failures []bool
		for range 3 {
			seam := folder.Seam() // each is another process
			err := seam(context.Background(), "write a-0123456789abcdef", func() error { done++; return nil })
			failures = append(failures, errors.Is(err, context.DeadlineExceeded))
		}
		if want := []bool{false, true, false}; !slices.Equal(failures, want) || done != test.done {
			t.Errorf("%s: failed %v and done %d times, want %v and %d", test.way, failures, done, want, test.done)
		}
		if !folder.Struck() {
			t.Errorf("%s: nothing says that it was struck", test.way)
		}
		effects, err := folder.Effects()
		if err != nil || len(effects) != 3 {
			t.Errorf("%s: effects %q, %v", test.way, effects, err)
		}
		if err := folder.Arm(nil); err != nil || folder.Struck() {
			t.Errorf("%s: arming anew: %v", test.way, err)
		}
	}
}
