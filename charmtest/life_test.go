// A whole life of two applications, as the real unit agent of Juju 3.6.11 ran it (each unit's own order of hooks is
// compared with that run).

package charmtest_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestLife(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	m.MustDeploy("pg", "testdata/pg", charmtest.DeployOptions{})
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{})
	t.Log("\n" + m.MustSettle().String())
	m.Must(m.Integrate("kc:db", "pg:db"))
	t.Log("\n" + m.MustSettle().String())
	t.Log(m.Status())
	t.Log("\n" + m.Journal().Detail())
}
