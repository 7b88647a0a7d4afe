package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// The page is followed from top to bottom: what it says of a file is written,
// each command is run, and what it prints is what the page says.
//
//	<!-- file: NAME -->      the next block is this file
//	```console               lines after "$ " are run, what follows is printed
//	<!-- run: COMMAND -->    is run as well, and not shown
func TestHowTo(t *testing.T) {
	t.Parallel()
	page := filepath.Join("..", "..", "docs", "how-to", "deploy-connectors-from-git.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	cluster := connecttest.NewCluster(connecttest.Options{})
	defer cluster.Close()
	worker, err := cluster.Listen()
	if err != nil {
		t.Fatal(err)
	}
	reader := &follower{t: t, dir: t.TempDir(), url: worker.URL()}
	got := reader.follow(string(text))
	if reader.ran < 10 {
		t.Errorf("only %d commands were run: the page is no longer understood", reader.ran)
	}
	testfile.Golden(t, page, got)
}

// The workflow in the page is the one that init writes.
func TestHowToWorkflow(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "how-to", "deploy-connectors-from-git.md"))
	if err != nil {
		t.Fatal(err)
	}
	workflow, err := initial.ReadFile("initial/.github/workflows/connectors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```yaml\n"+string(workflow)+"```\n") {
		t.Error("the page shows another workflow than init writes")
	}
}

// A follower does what a page says.
type follower struct {
	t   *testing.T
	dir string
	url string
	ran int
}

var (
	fileMark = regexp.MustCompile(`^<!-- file: (\S+) -->$`)
	runMark  = regexp.MustCompile(`^<!-- run: (.*) -->$`)
)

// pageURL is the worker's address in the page.
const pageURL = "http://localhost:8083"

// follow gives the page with what its commands really print.
func (f *follower) follow(page string) string {
	var out []string
	lines := strings.Split(page, "\n")
	file := ""
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out = append(out, line)
		if mark := fileMark.FindStringSubmatch(line); mark != nil {
			file = mark[1]
		}
		if mark := runMark.FindStringSubmatch(line); mark != nil {
			f.run(mark[1])
		}
		if !strings.HasPrefix(line, "```") {
			continue
		}
		end := i + 1
		for !strings.HasPrefix(lines[end], "```") {
			end++
		}
		block := lines[i+1 : end]
		switch {
		case line == "```console":
			block = f.console(block)
		case file != "":
			f.write(file, strings.Join(block, "\n")+"\n")
			file = ""
		}
		out = append(append(out, block...), lines[end])
		i = end
	}
	return strings.Join(out, "\n")
}

func (f *follower) write(name, text string) {
	testfile.Write(f.t, filepath.Join(f.dir, filepath.FromSlash(name)), strings.ReplaceAll(text, pageURL, f.url))
}

// console runs the commands of a block and gives it with what they print.
func (f *follower) console(block []string) (out []string) {
	for _, line := range block {
		if command, is := strings.CutPrefix(line, "$ "); is {
			out = append(out, line)
			if printed := f.run(command); printed != "" {
				out = append(out, strings.Split(printed, "\n")...)
			}
		}
	}
	return out
}

// run gives what a command prints, without what differs each time.
func (f *follower) run(command string) string {
	f.ran++
	shell := exec.Command("sh", "-c", strings.ReplaceAll(command, pageURL, f.url))
	shell.Dir = f.dir
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + f.dir, "CONNECT_PASSWORD=secret"}
	printed, _ := shell.CombinedOutput() // a plan with changes ends with 2
	text := strings.NewReplacer(f.url, pageURL, strings.TrimPrefix(f.url, "http://"), "localhost:8083", f.dir, "/work").Replace(string(printed))
	text = regexp.MustCompile(`in [0-9.]+m?s, \d+ requests`).ReplaceAllString(text, "in 1.5s, 9 requests")
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "sh: ") {
			f.t.Errorf("%s: %s", command, line)
		}
	}
	return strings.TrimRight(inOrder(text), "\n")
}

// inOrder sorts the lines that tell of connectors that were written at once.
func inOrder(text string) string {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], "done ") {
			end++
		}
		slices.Sort(lines[i:end])
		i = max(i, end)
	}
	return strings.Join(lines, "\n")
}
