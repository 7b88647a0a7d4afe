package main

// What is told, and to whom: a timeline for a person, or lines of JSON for a
// program.

import (
	"time"

	"github.com/connectcharm/kafka-connect-base/hooks"
)

// audience is told everything as it happens.
type audience interface {
	scene(number int, s scene)
	command(text string)
	answer(lines []string)
	busy(unit, hook string) // a hook is at work
	hook(h hookRun)
	checks(all []check) // of the scene that ends
	end(s summary)
}

// hookRun is one hook or action that ran.
type hookRun struct {
	Unit     string        `json:"unit"`
	Leader   bool          `json:"leader"`
	Hook     string        `json:"hook"`
	Action   bool          `json:"action,omitempty"`
	Remote   string        `json:"remote,omitempty"` // unit, or else application
	Failed   string        `json:"failed,omitempty"` // why
	Duration time.Duration `json:"-"`
	Was      string        `json:"was,omitempty"` // the unit's status before
	Now      string        `json:"now"`           // and after
	// Record is the hook's own account; its Version is 0 where there is none.
	Record hooks.Record `json:"record"`
}

// check is one aspect of the world, as it should be and as it is.
type check struct {
	About string `json:"about"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

func (c check) ok() bool { return c.Want == c.Got }

// summary is what there is to say at the end.
type summary struct {
	Scenes    []outcome
	Hooks     int
	Calls     int // of hook tools
	Processes int // that those needed
	Wall      time.Duration
	InHooks   time.Duration
}

// outcome is what the checks after one scene found.
type outcome struct {
	Title  string
	Checks []check
}

func (o outcome) wrong() (wrong []check) {
	for _, c := range o.Checks {
		if !c.ok() {
			wrong = append(wrong, c)
		}
	}
	return wrong
}

// audiences tells several.
type audiences []audience

func (all audiences) each(tell func(audience)) {
	for _, a := range all {
		tell(a)
	}
}

func (all audiences) scene(number int, s scene) { all.each(func(a audience) { a.scene(number, s) }) }
func (all audiences) command(text string)       { all.each(func(a audience) { a.command(text) }) }
func (all audiences) answer(lines []string)     { all.each(func(a audience) { a.answer(lines) }) }
func (all audiences) busy(unit, hook string)    { all.each(func(a audience) { a.busy(unit, hook) }) }
func (all audiences) hook(h hookRun)            { all.each(func(a audience) { a.hook(h) }) }
func (all audiences) checks(c []check)          { all.each(func(a audience) { a.checks(c) }) }
func (all audiences) end(s summary)             { all.each(func(a audience) { a.end(s) }) }
