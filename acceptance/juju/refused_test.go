package juju

// The charms that kcb refuses, given to Juju.

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/juju/charm/v12"
	"github.com/juju/names/v5"
	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/httprequest.v1"

	apitesting "github.com/juju/juju/api/base/testing"
	"github.com/juju/juju/api/client/charms"
	corecharm "github.com/juju/juju/core/charm"
	"github.com/juju/juju/rpc/params"
	"github.com/juju/juju/version"
)

// taken are the charms that 3.6 stores, and why kcb does not build them.
func taken() map[string]string {
	return map[string]string{
		"duplicate-key":  "3.6 forgets the first of the two without a word",
		"empty-bases":    "`juju deploy` does not, see TestOwnDeployJudges",
		"endpoints-name": "no relation can have it: see names.IsValidRelation",
		"no-manifest":    "`juju deploy` does not, see TestOwnDeployJudges",
	}
}

// TestRefused gives every charm that kcb refuses to the code that `juju deploy` of
// 3.6 uploads a charm with, and that its controller reads one with. Some have more
// than one mistake, of which Juju tells the first.
func TestRefused(t *testing.T) {
	t.Parallel()
	client := uploads(t)
	reasons := taken()
	for name, dir := range refusedCharms(t) {
		err := upload(client, dir)
		if reason := reasons[name]; (err == nil) != (reason != "") {
			t.Errorf("%s: Juju says %v; why it might take it: %q", name, err, reason)
		}
		t.Logf("%-26s %v %s", name, err, reasons[name])
	}
	if names.IsValidRelation("c:Db d:db") {
		t.Error("Juju relates an endpoint that is written with a capital")
	}
}

// refusedCharms writes the charms that kcb refuses, each to a folder of its own.
func refusedCharms(t *testing.T) map[string]string {
	t.Helper()
	archives, err := filepath.Glob(root + "/charmdir/testdata/refused/*.txtar")
	must(t, err)
	if len(archives) < 25 {
		t.Fatalf("found only %d charms", len(archives))
	}
	dirs := map[string]string{}
	for _, path := range archives {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		archive, err := txtar.ParseFile(path)
		must(t, err)
		dirs[name] = t.TempDir()
		for _, f := range archive.Files {
			if f.Name != "want" {
				must(t, os.WriteFile(filepath.Join(dirs[name], f.Name), f.Data, 0o755))
			}
		}
	}
	return dirs
}

// TestAccepted uploads the charms that kcb has built: the examples and what it scaffolds.
func TestAccepted(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(built.dir + "/*.charm")
	must(t, err)
	if len(archives) != 3 {
		t.Errorf("found %q, want three charms", archives)
	}
	client := uploads(t)
	for _, archive := range archives {
		if err := upload(client, archive); err != nil {
			t.Errorf("%s: %v", filepath.Base(archive), err)
		}
	}
}

// upload is the part of `juju deploy PATH` that handles the charm's files.
func upload(client *charms.LocalCharmClient, path string) error {
	c, curl, err := corecharm.NewCharmAtPath(path)
	if err != nil {
		return err
	}
	_, err = client.AddLocalCharm(curl, c, false, version.Current)
	return err
}

// uploads is Juju's client of a controller that reads what it is sent as Juju's
// controller does, and keeps nothing.
func uploads(t *testing.T) *charms.LocalCharmClient {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		curl, err := receive(r)
		if err != nil {
			_ = httprequest.WriteJSON(w, http.StatusBadRequest, params.Error{Message: err.Error()})
			return
		}
		w.Header().Set("Juju-Curl", curl)
	}))
	t.Cleanup(server.Close)
	client, err := charms.NewLocalCharmClient(connection{url: server.URL})
	must(t, err)
	return client
}

// receive reads a charm as apiserver's handler of uploads (objects.go) does.
func receive(r *http.Request) (curl string, err error) {
	parsed, err := charm.ParseURL(r.Header.Get("Juju-Curl"))
	if err != nil {
		return "", fmt.Errorf("not a valid charm URL: %w", err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	if _, err := charm.ReadCharmArchiveBytes(text); err != nil {
		return "", fmt.Errorf("invalid charm archive: %w", err)
	}
	return parsed.String(), nil
}

// connection is an API connection over which charms are uploaded, and nothing
// else is asked.
type connection struct {
	apitesting.APICallerFunc
	url string
}

func (c connection) HTTPClient() (*httprequest.Client, error) {
	return &httprequest.Client{BaseURL: c.url, UnmarshalError: httprequest.ErrorUnmarshaler(&params.Error{})}, nil
}

func (c connection) RootHTTPClient() (*httprequest.Client, error) { return c.HTTPClient() }
