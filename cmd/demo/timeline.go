package main

// The story for a person: scenes, commands, and what each hook did. Hooks in which
// nothing happened are folded into one line.

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/hooks"
)

// timeline is an audience.
type timeline struct {
	*screen
	verbose bool
	took    func(time.Duration) string // writes a duration

	before map[string]string // what the last scene's checks found
	folded []hookRun         // in which nothing happened
	alike  []hookRun         // of several units, with one story

	mu    sync.Mutex // of what busy needs: it is called on goroutines of the model
	shown time.Time  // of the last spinner
	turn  int
}

func newTimeline(out io.Writer, verbose bool) *timeline {
	return &timeline{screen: newScreen(out), verbose: verbose, took: short, before: map[string]string{}}
}

func (t *timeline) scene(number int, s scene) {
	t.line("")
	title := fmt.Sprintf("━━ %d  %s ", number, s.title)
	t.line(t.paint(bold, title+strings.Repeat("━", max(t.width-len([]rune(title)), 0))))
	for _, line := range wrap(s.about, t.width-6) {
		t.line("      " + t.paint(dim, line))
	}
}

func (t *timeline) command(text string) {
	t.flush()
	t.line("")
	for i, line := range wrap("$ "+text, t.width-2) {
		t.line("  " + strings.Repeat("    ", min(i, 1)) + t.paint(bold, line))
	}
}

func (t *timeline) answer(text []string) {
	t.flush()
	for _, value := range text {
		for line := range strings.SplitSeq(value, "\n") {
			t.line("    " + t.paint(cyan, cut(line, t.width-4)))
		}
	}
}

// busy turns a spinner on a terminal.
func (t *timeline) busy(unit, hook string) {
	if !t.terminal {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.shown) < spinEvery/2 {
		return
	}
	t.shown, t.turn = time.Now(), t.turn+1
	fmt.Fprintf(t.out, "%s  %s %s %s", clearLine, spinner(t.turn), unit, hook)
}

// rest clears the spinner.
func (t *timeline) rest() {
	if t.terminal {
		fmt.Fprint(t.out, clearLine)
	}
}

func (t *timeline) hook(h hookRun) {
	t.rest()
	switch {
	case t.verbose:
		t.tell([]hookRun{h})
	case bookkeeping(h):
		t.tellAlike()
		t.folded = append(t.folded, h)
	case len(t.alike) > 0 && story(t.alike[0]) == story(h):
		t.alike = append(t.alike, h)
	default:
		t.flush()
		t.alike = []hookRun{h}
	}
}

// bookkeeping is a hook in which nothing happened that anybody would notice.
func bookkeeping(h hookRun) bool {
	return h.Failed == "" && !h.Action && h.Was == h.Now && h.Record.Version > 0 && changedFlags(h.Record) == "" &&
		!slices.ContainsFunc(h.Record.Effects, func(e hooks.Effect) bool { return effectOf(e).writes() })
}

// story is what is told of a hook; hooks of one story are told together.
func story(h hookRun) string {
	r := h.Record
	return fmt.Sprint(h.Hook, h.Remote, h.Failed, h.Leader, h.Was, h.Now, ranRules(r), changedFlags(r),
		written(r.Effects, "kafka"), written(r.Effects, "kube"), written(r.Effects, "connect"))
}

// flush tells what was held back.
func (t *timeline) flush() {
	t.rest()
	t.tellAlike()
	t.tellFolded()
}

func (t *timeline) tellAlike() {
	if len(t.alike) > 0 {
		t.tellFolded()
		t.tell(t.alike)
		t.alike = nil
	}
}

// tellFolded names the hooks in which nothing happened, in one line.
func (t *timeline) tellFolded() {
	if len(t.folded) == 0 {
		return
	}
	var names []string
	times, took := map[string]int{}, time.Duration(0)
	for _, h := range t.folded {
		if times[h.Hook]++; times[h.Hook] == 1 {
			names = append(names, h.Hook)
		}
		took += h.Duration
	}
	for i, name := range names {
		if times[name] > 1 {
			names[i] = fmt.Sprintf("%s ×%d", name, times[name])
		}
	}
	count := fmt.Sprintf("%d more hooks changed nothing", len(t.folded))
	if len(t.folded) == 1 {
		count = "1 more hook changed nothing"
	}
	for i, name := range names {
		names[i] = stick(name)
	}
	for i, line := range wrap(count+" in "+stick(t.took(took))+": "+strings.Join(names, ", "), t.width-4) {
		t.line("  " + t.paint(dim, bullet(i)+line))
	}
	t.folded = nil
}

// tell tells the story of hooks that are alike.
func (t *timeline) tell(run []hookRun) {
	h, took := run[0], time.Duration(0)
	var units []string
	for _, one := range run {
		unit := one.Unit
		if one.Leader {
			unit += "*"
		}
		units, took = append(units, unit), took+one.Duration
	}
	name := h.Hook
	if h.Action {
		name = "action " + name
	}
	t.row(2, strings.TrimSpace(strings.Join(units, " ")+"  "+name+" "+h.Remote), cyan, t.took(took))
	if t.verbose {
		t.tellEverything(h.Record)
	}
	t.tellBody(h)
}

func (t *timeline) tellBody(h hookRun) {
	r := h.Record
	for _, part := range []struct {
		label  string
		text   string
		colour colour
	}{
		{"rules", ranRules(r), plain},
		{"flags", changedFlags(r), plain},
		{"kafka", written(r.Effects, "kafka"), yellow},
		{"kubernetes", written(r.Effects, "kube"), yellow},
		{"connect", written(r.Effects, "connect"), yellow},
		{"failed", h.Failed, red},
	} {
		if part.text != "" {
			t.block(4, part.label, part.colour, part.text)
		}
	}
	if h.Was != h.Now {
		t.block(4, "status", statusColour(h.Now), h.Now)
	}
}

func statusColour(status string) colour {
	switch kind, _, _ := strings.Cut(status, ":"); kind {
	case "active":
		return green
	case "blocked", "error":
		return red
	}
	return yellow
}

// tellEverything tells every call, looks too, in order.
func (t *timeline) tellEverything(r hooks.Record) {
	for _, e := range r.Effects {
		text := e.Effect
		if e.Error != "" {
			text += " ✗ " + e.Error
		}
		t.row(4, text, dim, t.took(time.Duration(e.Duration*float64(time.Millisecond))))
	}
}

// checks tells what the world is like: in full what is not as it was after the
// scene before, or is wrong.
func (t *timeline) checks(checks []check) {
	t.flush()
	t.line("")
	var same []string
	for _, c := range checks {
		switch {
		case !c.ok():
			t.block(2, "✗ "+c.About, red, c.Got)
			t.block(2, "  should be", red, c.Want)
		case t.before[c.About] == c.Got:
			same = append(same, stick(c.About))
		default:
			t.block(2, "✓ "+c.About, plain, c.Got)
		}
		t.before[c.About] = c.Got
	}
	if same != nil {
		t.block(2, "✓ as before", dim, strings.Join(same, ", "))
	}
}

func (t *timeline) end(s summary) {
	t.flush()
	t.line("")
	title := "━━ What became of it "
	t.line(t.paint(bold, title+strings.Repeat("━", max(t.width-len([]rune(title)), 0))))
	wrong, total := 0, 0
	for i, scene := range s.Scenes {
		mark := t.paint(green, "✓")
		if len(scene.wrong()) > 0 {
			mark = t.paint(red, "✗")
		}
		wrong, total = wrong+len(scene.wrong()), total+len(scene.Checks)
		t.line(fmt.Sprintf("  %s %2d  %s", mark, i+1, scene.Title))
	}
	t.line("")
	t.line(fmt.Sprintf("  %d hooks in %s, %d hook tool calls, %d processes needed for them",
		s.Hooks, t.took(s.InHooks), s.Calls, s.Processes))
	t.line(fmt.Sprintf("  %d checks of the whole world, %d of them wrong; %s in all", total, wrong, t.took(s.Wall)))
}

// bullet begins the first line of a paragraph, and keeps its place in the others.
func bullet(line int) string {
	if line == 0 {
		return "· "
	}
	return "  "
}
