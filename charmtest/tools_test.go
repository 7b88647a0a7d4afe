// The hook tools against recordings of the real ones: testdata/tools.txt is what the tools of Juju 3.6.11 (jujuc over
// its own server) said to testdata/probe/tools.sh, and testdata/tools-2.9.txt what those of 2.9.42 said.

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
		recording string
	}{
		"socket known": {recording: "tools.txt"},
		"exec only":    {charmtest.Options{Exec: true}, "tools.txt"},
		"2.9":          {charmtest.Options{JujuVersion: "2.9.42"}, "tools-2.9.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := charmtest.Start(t, test.Options)
			m.MustDeploy("kc", "testdata/probe", charmtest.DeployOptions{})
			for _, name := range []string{"a", "b", "c"} { // so that the next relation has number 3
				m.MustRemote(name, "other", "other", 0)
				m.Must(m.Integrate("kc:other", name))
			}
			pg := m.MustRemote("pg", "db", "pgsql", 1)
			m.Must(pg.SetUnitData("pg/0", map[string]string{"host": "10.0.0.2"}))
			m.Must(pg.SetAppData(map[string]string{"database": "x"}))
			m.Must(m.Integrate("kc:db", "pg:db"))
			m.MustSettle()
			result := m.MustRun("kc/0", "tools", nil)
			want, err := os.ReadFile("testdata/" + test.recording)
			m.Must(err)
			got, _ := result.Results["stdout"].(string)
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("tools differ from Juju's (-Juju +here):\n%s", diff)
			}
		})
	}
}
