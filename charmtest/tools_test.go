// The hook tools against recordings of the real ones: testdata/tools.txt and follower.txt are what the tools of Juju
// 3.6.11 said to tools.sh and follower.sh of testdata/probe, those with 2.9 in their names what 2.9.42's said. The
// acceptance tests ask the real ones again.

package charmtest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestToolsAnswerAsJujus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		charmtest.Options
		unit, action, recording string
	}{
		"socket known":  {charmtest.Options{}, "kc/0", "tools", "tools.txt"},
		"exec only":     {charmtest.Options{Exec: true}, "kc/0", "tools", "tools.txt"},
		"2.9":           {charmtest.Options{JujuVersion: "2.9.42"}, "kc/0", "tools", "tools-2.9.txt"},
		"follower":      {charmtest.Options{}, "kc/1", "follower", "follower.txt"},
		"follower, 2.9": {charmtest.Options{JujuVersion: "2.9.42"}, "kc/1", "follower", "follower-2.9.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := charmtest.Start(t, test.Options)
			m.MustDeploy("kc", "testdata/probe", charmtest.DeployOptions{Units: 2})
			for _, name := range []string{"a", "b", "c"} { // so that the next relation has number 3
				m.MustRemote(name, "other", "other", 0)
				m.Must(m.Integrate("kc:other", name))
			}
			pg := m.MustRemote("pg", "db", "pgsql", 1)
			m.Must(pg.SetUnitData("pg/0", map[string]string{"host": "10.0.0.2"}))
			m.Must(pg.SetAppData(map[string]string{"database": "x"}))
			m.Must(m.Integrate("kc:db", "pg:db"))
			m.MustSettle()
			result := m.MustRun(test.unit, test.action, nil)
			want, err := os.ReadFile("testdata/" + test.recording)
			m.Must(err)
			got, _ := result.Results["stdout"].(string)
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("tools differ from Juju's (-Juju +here):\n%s", diff)
			}
		})
	}
}
