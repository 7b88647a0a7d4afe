package reality

// What real workers are asked, and the files that go through them.

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// Attach attaches a folder of connectors to the charm, and runs the hooks that follow.
func (m *Model) Attach(files map[string]string) {
	m.T.Helper()
	content, err := world.Pack(files)
	m.Must(err)
	archive := filepath.Join(m.T.TempDir(), "connectors.tgz")
	m.Must(os.WriteFile(archive, content, 0o600))
	m.Must(m.AttachResource("connect", "connectors", archive))
	m.MustSettle()
}

// MustConfigure sets options of the charm, and runs the hooks that follow.
func (m *Model) MustConfigure(options map[string]any) {
	m.T.Helper()
	m.Must(m.Configure("connect", options))
	m.MustSettle()
}

// Ask gives the status and the body that a worker answers with; 0 and why it did not.
func (m *Model) Ask(method, url, body string) (int, string) {
	m.T.Helper()
	request, err := http.NewRequestWithContext(m.T.Context(), method, url, strings.NewReader(body))
	m.Must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// Connectors are all that a worker knows, with configurations and states.
func (m *Model) Connectors(worker string) (live map[string]connect.Expanded) {
	m.T.Helper()
	code, text := m.Ask(http.MethodGet, worker+"/connectors?expand=info&expand=status", "")
	if code != http.StatusOK {
		m.T.Fatalf("%s answers %d when asked for its connectors: %s", worker, code, text)
	}
	m.Must(json.Unmarshal([]byte(text), &live))
	return live
}

// WantLines waits until a file has each of the lines, once.
func (m *Model) WantLines(file string, lines ...string) {
	m.T.Helper()
	m.Eventually(func() string {
		got, err := os.ReadFile(file)
		if err != nil {
			return err.Error()
		}
		for _, line := range lines {
			if n := strings.Count("\n"+string(got), "\n"+line+"\n"); n != 1 {
				return fmt.Sprintf("%s has %q %d times, want it once; all of it: %s", file, line, n, got)
			}
		}
		return ""
	})
}

// WantOnly waits until a file has these lines in this order, and nothing else.
func (m *Model) WantOnly(file string, lines ...string) {
	m.T.Helper()
	want := strings.Join(lines, "\n") + "\n"
	m.Eventually(func() string {
		got, err := os.ReadFile(file)
		if err != nil {
			return err.Error()
		}
		if string(got) != want {
			return fmt.Sprintf("%s has %q, want %q", file, got, want)
		}
		return ""
	})
}
