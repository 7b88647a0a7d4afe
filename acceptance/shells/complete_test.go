package shells

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// lists are what Tab shows.
var lists = []struct {
	name  string
	typed string
	shown []string
}{
	{"commands", "connectors p\t\t", []string{"pause", "pause connectors, and keep their tasks", "plan", "show what apply would change"}},
	{"environments", "connectors status --env pr\t\t", []string{"preview", "prod"}},
	{"environments-after-=", "connectors status --env=pr\t\t", []string{"preview", "prod"}},
	{"cluster", "connectors status --env prod --cluster \t", []string{"--cluster eu"}},
	{"connectors", "connectors pause --env prod \t\t", slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "-dash" })},
	{"connectors-after---", "connectors pause --env prod -- \t\t", names},
	{"connectors-in-quotes", "connectors pause --env prod 'my\t\t\t", []string{"my one", "my other"}},
	{"connectors-with-colons", "connectors pause --env prod a:\t\t", []string{"a:b", "a:c"}},
	{"connectors-in-files", "connectors plan --env prod \t\t\t", []string{"from:file", "from file"}},
	{"folders", "connectors plan --dir connectors/pre\t", []string{"connectors/preview/"}},
	{"outputs", "connectors status -o \t\t", []string{"json", "text", "yaml"}},
	{"outputs-of-plan", "connectors plan -o \t\t", []string{"json", "markdown", "text", "yaml"}},
	{"flags", "connectors plan --o\t\t", []string{"--output", "--owner", "who keeps the connectors, instead of the OWNER in connectors.yaml"}},
	{"kcb", "kcb \t\t", []string{"new", "build", "inspect", "make charms of a layer and those it stands on"}},
	{"kcb-outputs", "kcb build --output \t\t", []string{"json", "text", "yaml"}},
	{"kcb-flags", "kcb build --l\t\t", []string{"--layer", "--layer-path", "--links", "add links for all hooks and actions"}},
}

func TestLists(t *testing.T) {
	site := newSite(t)
	each(t, func(t *testing.T, s shell) {
		user := open(t, s, site.dir)
		for _, list := range lists {
			user.scene(list.name)
			user.press(list.typed)
			user.sees(list.shown...)
			if strings.Contains(user.saw(), "-dash") && !slices.Contains(list.shown, "-dash") {
				t.Errorf("%s: -dash is offered, which would be a flag", list.name)
			}
		}
		user.leave()
		site.untouched(t)
	})
}

// runs are lines that Tab completes and Enter runs: the command is given the
// very name, whatever a shell thinks of it.
var runs = []struct {
	typed string
	shown []string
}{
	{`connectors status --env pro` + "\t" + `orders.` + "\t", []string{"orders.eu  RUNNING", "1 connector: 1 running."}},
	{`connectors status --env=pro` + "\t" + `orders-` + "\t", []string{"orders-us  RUNNING"}},
	{`connectors status -e prod my` + "\t" + `t` + "\t", []string{"my other   RUNNING"}},
	{`connectors status -e prod my\ on` + "\t", []string{"my one     RUNNING"}},
	{`connectors status -e prod 'my ot` + "\t", []string{"my other   RUNNING"}},
	{`connectors status -e prod "my on` + "\t", []string{"my one     RUNNING"}},
	{`connectors status -e prod a` + "\t" + `b` + "\t", []string{"a:b        RUNNING"}},
	{`connectors status -e prod a:c` + "\t", []string{"a:c        RUNNING"}},
	{`connectors status -e prod "a:` + "\t" + `b` + "\t", []string{"a:b        RUNNING"}},
	{`connectors status -e prod e=2` + "\t", []string{"e=2        RUNNING"}},
	{`connectors status -e prod it` + "\t" + `\ ` + "\t", []string{"it's too   RUNNING"}},
	{`connectors status -e prod "it's t` + "\t", []string{"it's too   RUNNING"}},
	{`connectors status -e prod q` + "\t", []string{`q"1        RUNNING`}},
	{`connectors status -e prod h` + "\t", []string{"h!x        RUNNING"}},
	{`connectors status -e prod ét` + "\t", []string{"été        RUNNING"}},
	{`connectors status -e prod st` + "\t", []string{"star*      RUNNING"}},
	{`connectors status -e prod \#` + "\t", []string{"#hash      RUNNING"}},
	{`connectors status -e prod \~` + "\t", []string{"~tilde     RUNNING"}},
	{`connectors status -e prod \{` + "\t", []string{"{x,y}      RUNNING"}},
	{`connectors status -e prod -- -` + "\t", []string{"-dash      RUNNING"}},
	{`connectors status -e prod \$` + "\t", []string{"$(touch evaluated)  RUNNING"}},
	{`connectors status -e prod \(` + "\t", []string{"(touch evaluated)  RUNNING"}},
	{`connectors status -e prod x` + "\t", []string{"x;touch evaluated  RUNNING"}},
	// What was completed before is on the line when the next is asked for.
	{`connectors status -e prod x` + "\t" + `\(` + "\t" + `\$` + "\t" + `orders.` + "\t", []string{"4 connectors: 4 running."}},
	{`connectors render -e prod from:` + "\t", []string{`"name": "from:file"`}},
	{`connectors pause -e prod orders-` + "\t", []string{"orders-us: paused"}},
	{`connectors resume -e prod orders-` + "\t", []string{"orders-us: running"}},
	{`kcb comp` + "\t" + `fi` + "\t", []string{"# Completion of kcb in fish."}},
}

func TestRuns(t *testing.T) {
	site := newSite(t)
	each(t, func(t *testing.T, s shell) {
		user := open(t, s, site.dir)
		for i, line := range runs {
			user.scene(fmt.Sprint(i))
			user.press(line.typed + "\r")
			user.sees(line.shown...)
		}
		user.leave()
		site.untouched(t)
	})
}

// A cluster that is down holds nobody up, and is not told of: there is a line
// that somebody types. The silent cluster never answers, so what comes back has
// not waited for it; how long that took is told, and judged by nobody.
func TestDown(t *testing.T) {
	site := newSite(t)
	each(t, func(t *testing.T, s shell) {
		user := open(t, s, site.dir)
		for _, env := range []string{"gone", "silent"} {
			user.scene(env)
			asked, begun, from := len(site.silent.Journal()), time.Now(), user.from
			user.press("connectors pause --env " + env + " \t")
			user.scene("after") // which the shell comes to when the completion has come back
			t.Logf("%s: %-6s %v", s.name, env, time.Since(begun).Round(time.Millisecond))
			shown := plain(user.screen.Shown()[from:user.from])
			for _, bad := range []string{"error", "warning", "cannot", "connection", "answer"} {
				if strings.Contains(shown, bad) {
					t.Errorf("the terminal shows %q:\n%s", bad, shown)
				}
			}
			if env == "silent" {
				site.unanswered(t, asked)
			}
		}
		user.leave()
	})
}

// A thousand names are completed as a few are.
func TestThousand(t *testing.T) {
	site := newSite(t)
	for i := range 1000 {
		register(t, site.address, fmt.Sprintf("team %d: it's \"mine\"", i))
	}
	put(t, site.address, "the last")
	each(t, func(t *testing.T, s shell) {
		user := open(t, s, site.dir)
		user.scene("one-of-them")
		begun := time.Now()
		user.press("connectors status -e prod team\\ 777\t\r")
		user.sees(`team 777: it's "mine"  RUNNING`)
		t.Logf("%s: %v with the command itself", s.name, time.Since(begun).Round(time.Millisecond))
		user.leave()
	})
}
