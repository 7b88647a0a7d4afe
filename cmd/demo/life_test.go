package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// golden is the whole life as the timeline tells it.
const golden = "testdata/life.txt"

// What differs from run to run: Secrets are named for their content, in which the
// brokers' ports stand, and how often the leader is asked for follows the clock.
var (
	secretName = regexp.MustCompile(`(secret/streams/connect-connect-)[0-9a-f]{16}`)
	callCount  = regexp.MustCompile(`\d+ hook tool calls`)
)

func TestLife(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	watching := newTimeline(&out, false)
	watching.took = func(time.Duration) string { return "N ms" }
	s, err := open(charmReady, watching, nil)
	if err != nil {
		t.Fatal(err)
	}
	played := s.play(t.Context(), life())
	if err := s.close(false, nil); err != nil {
		t.Error(err)
	}
	if played != nil {
		t.Fatalf("%v\n%s", played, out.String())
	}
	got := secretName.ReplaceAllString(out.String(), "${1}xxxxxxxxxxxxxxxx")
	got = callCount.ReplaceAllString(got, "N hook tool calls")
	testfile.Golden(t, golden, got)
	if strings.Contains(got, "\x1b") || strings.Contains(got, "\r") {
		t.Error("there are colours or a spinner in what goes into a pipe")
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > pipeWidth {
			t.Errorf("this line has %d characters: %s", n, line)
		}
	}
}

// excerpt is where the tutorial shows a part of the transcript: from the line that
// holds the marker's text to the next empty line.
var excerpt = regexp.MustCompile("(?s)<!-- transcript: (.*?) -->\n```text\n(.*?)```")

func TestTutorial(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "tutorial", "first-look.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	fresh := excerpt.ReplaceAllStringFunc(string(text), func(old string) string {
		shown++
		from := excerpt.FindStringSubmatch(old)[1]
		return "<!-- transcript: " + from + " -->\n```text\n" + paragraph(string(transcript), from) + "```"
	})
	if shown < 3 {
		t.Errorf("the tutorial shows %d excerpts only", shown)
	}
	testfile.Golden(t, file, fresh) // as of the transcript: -update twice writes both anew
}

func paragraph(transcript, from string) string {
	var lines []string
	for line := range strings.Lines(transcript) {
		if lines == nil && !strings.Contains(line, from) {
			continue
		}
		if line == "\n" {
			break
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}
