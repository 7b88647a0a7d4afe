package charm_test

import (
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// TestOldSecretsGo changes what the leader keeps in a secret, under one leader and under
// the next, which has read it as well as the one before: no older revision stays.
func TestOldSecretsGo(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	for round, file := range []string{"/tmp/one", "/tmp/two", "/tmp/three", "/tmp/four"} {
		if round == 2 {
			l.Must(l.SetLeader("connect", l.other()))
			l.MustSettle()
		}
		before := l.Secrets()[0].Revision
		l.configure(map[string]any{"sink-file": file})
		s := l.Secrets()[0]
		if s.Revision <= before || !slices.Equal(s.Revisions, []int{s.Revision}) {
			t.Errorf("%s: revision %d after %d, kept are %v", file, s.Revision, before, s.Revisions)
		}
	}
}
