package main

// The story for programs: one JSON object a line.

import (
	"encoding/json"
	"io"
)

// lines is an audience. Each object's "type" is scene, command, answer, hook,
// check or summary, and "scene" is the number of the scene it belongs to.
type lines struct {
	out     *json.Encoder
	current int
}

func newLines(out io.Writer) *lines {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return &lines{out: encoder}
}

// say writes one line. Whoever reads may have gone: then there is nobody to tell.
func (l *lines) say(line any) { _ = l.out.Encode(line) }

// kind begins every line.
type kind struct {
	Type  string `json:"type"`
	Scene int    `json:"scene,omitempty"`
}

func (l *lines) scene(number int, s scene) {
	l.current = number
	l.say(struct {
		kind
		Title string `json:"title"`
		About string `json:"about"`
	}{kind{"scene", number}, s.title, s.about})
}

func (l *lines) command(text string) {
	l.say(struct {
		kind
		Command string `json:"command"`
	}{kind{"command", l.current}, text})
}

func (l *lines) answer(text []string) {
	if len(text) == 0 {
		return
	}
	l.say(struct {
		kind
		Lines []string `json:"lines"`
	}{kind{"answer", l.current}, text})
}

func (l *lines) busy(string, string) {}

func (l *lines) hook(h hookRun) {
	l.say(struct {
		kind
		hookRun
		Milliseconds float64 `json:"ms"`
	}{kind{"hook", l.current}, h, milliseconds(h.Duration)})
}

func (l *lines) checks(all []check) {
	for _, c := range all {
		l.say(struct {
			kind
			check
			OK bool `json:"ok"`
		}{kind{"check", l.current}, c, c.ok()})
	}
}

func (l *lines) end(s summary) {
	wrong, total := 0, 0
	for _, scene := range s.Scenes {
		wrong, total = wrong+len(scene.wrong()), total+len(scene.Checks)
	}
	l.say(struct {
		kind
		Played    int     `json:"scenes"`
		Hooks     int     `json:"hooks"`
		Calls     int     `json:"calls"`
		Processes int     `json:"processes"`
		Checks    int     `json:"checks"`
		Wrong     int     `json:"wrong"`
		Wall      float64 `json:"ms"`
		InHooks   float64 `json:"hook-ms"`
	}{kind{"summary", 0}, len(s.Scenes), s.Hooks, s.Calls, s.Processes, total, wrong, milliseconds(s.Wall), milliseconds(s.InHooks)})
}
