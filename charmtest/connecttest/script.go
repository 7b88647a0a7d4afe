package connecttest

// The script: calls and answers that hold for this package's workers and for real ones alike.

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed testdata/rest-script.txt
var script string

// An Exchange is one line of the script as it went.
type Exchange struct {
	Line    int    // in the script
	Request string // "PUT /connectors/x/config {…}", "write in.txt one"
	Answer  string // status, "Location: …" if there was one, body; normalised
	want    []string
}

// patience is how long an awaited answer may take; a real cluster of several workers needs seconds to rebalance.
const patience = 30 * time.Second

// Script makes the calls of testdata/rest-script.txt against a worker (its address, "http://host:port") and returns
// what it answered, normalised: names of workers, versions, times and folders are replaced, JSON is sorted, and the
// plugins are those of Kafka's own connect-file. It expects a cluster without connectors on this machine, and leaves
// none. Answers that say "rebalancing" are asked for again, as a rebalance comes when it likes.
func Script(ctx context.Context, baseURL string) ([]Exchange, error) {
	folder, err := os.MkdirTemp("", "connect")
	if err != nil {
		return nil, fmt.Errorf("cannot run the REST script: %w", err)
	}
	defer os.RemoveAll(folder)
	run := scriptRun{base: strings.TrimRight(baseURL, "/"), folder: folder, http: &http.Client{}}
	defer run.http.CloseIdleConnections()
	for i, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "="):
			last := &run.exchanges[len(run.exchanges)-1]
			last.want = append(last.want, line)
			continue
		}
		answer, err := run.line(ctx, line)
		if err != nil {
			return run.exchanges, fmt.Errorf("cannot run line %d of the REST script, %q: %w", i+1, line, err)
		}
		run.exchanges = append(run.exchanges, Exchange{Line: i + 1, Request: line, Answer: answer})
	}
	return run.exchanges, nil
}

// Differences compares exchanges with what the script says of a version ("3.9.2", "4.3.1"): nothing when all is as
// expected, otherwise one text for each.
func Differences(exchanges []Exchange, version string) []string {
	var different []string
	for _, e := range exchanges {
		want := expected(e.want, version)
		if want != e.Answer {
			different = append(different, fmt.Sprintf("line %d: %s\n got: %s\nwant: %s", e.Line, e.Request, e.Answer, want))
		}
	}
	return different
}

// expected picks the answer: "= …" holds for every version, "=3 …" for 3.x only.
func expected(lines []string, version string) string {
	major, _, _ := strings.Cut(version, ".")
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "="+major+" "); ok {
			return rest
		}
	}
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "= "); ok {
			return rest
		}
	}
	return ""
}

type scriptRun struct {
	base, folder string
	http         *http.Client
	exchanges    []Exchange
}

// line does one line: a call, or something with a file.
func (s *scriptRun) line(ctx context.Context, line string) (string, error) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "write": // a line to the end of a file in the folder
		name, text, _ := strings.Cut(rest, " ")
		file, err := os.OpenFile(filepath.Join(s.folder, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return "", err
		}
		_, err = file.WriteString(text + "\n")
		return "", errors.Join(err, file.Close())
	case "file": // what such a file holds once it holds that text
		name, text, _ := strings.Cut(rest, " ")
		return s.await(ctx, text, func() (string, error) {
			raw, err := os.ReadFile(filepath.Join(s.folder, name))
			if errors.Is(err, os.ErrNotExist) {
				err = nil
			}
			return strings.Join(strings.Fields(string(raw)), " "), err
		})
	case "await": // await TEXT GET /path, or another call that changes nothing
		text, call, _ := strings.Cut(rest, " ")
		return s.await(ctx, text, func() (string, error) { return s.call(ctx, call) })
	}
	return s.call(ctx, line)
}

// await asks until the answer holds the text, and gives the last answer when that takes too long.
func (s *scriptRun) await(ctx context.Context, text string, ask func() (string, error)) (string, error) {
	for deadline := time.Now().Add(patience); ; {
		answer, err := ask()
		if err != nil || strings.Contains(answer, text) || time.Now().After(deadline) {
			return answer, err
		}
		if err := nap(ctx, 20*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// call makes one HTTP request: METHOD /path [type=text/plain] [body].
func (s *scriptRun) call(ctx context.Context, line string) (string, error) {
	method, rest, _ := strings.Cut(line, " ")
	path, body, _ := strings.Cut(rest, " ")
	content := "application/json"
	if given, ok := strings.CutPrefix(body, "type="); ok {
		content, body, _ = strings.Cut(given, " ")
	}
	for deadline := time.Now().Add(patience); ; {
		answer, again, err := s.once(ctx, method, path, content, s.fill(body))
		if err != nil || !again || time.Now().After(deadline) {
			return answer, err
		}
		if err := nap(ctx, 20*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// fill puts what is this run's own into a body: its folder, and topics nobody else has written to.
func (s *scriptRun) fill(body string) string {
	return strings.NewReplacer("$DIR", s.folder, "$RUN", filepath.Base(s.folder)).Replace(body)
}

func (s *scriptRun) once(ctx context.Context, method, path, content, body string) (answer string, again bool, err error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, reader)
	if err != nil {
		return "", false, err
	}
	if reader != nil {
		req.Header.Set("Content-Type", content)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return "", false, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", false, err
	}
	again = resp.StatusCode == 500 && bytes.Contains(raw, []byte("rebalance")) ||
		resp.StatusCode == 409 && !bytes.Contains(raw, []byte("already exists"))
	answer = fmt.Sprint(resp.StatusCode)
	if location := resp.Header.Get("Location"); location != "" {
		answer += " Location: " + strings.TrimPrefix(location, s.base)
	}
	if text := normaliseBody(path, raw, s.folder); text != "" {
		answer += " " + text
	}
	return answer, again, nil
}

func nap(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
