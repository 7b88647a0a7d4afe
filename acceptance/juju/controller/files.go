package controller

// Resources: an operator sends a file, and units fetch it, both over HTTP as from
// and to a controller. The part of the client that sends, and all of an agent's
// that fetches, is Juju's.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/juju/charm/v12"
	charmresource "github.com/juju/charm/v12/resource"
	"github.com/juju/names/v5"
	"gopkg.in/httprequest.v1"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	api "github.com/juju/juju/api/client/resources"
	"github.com/juju/juju/core/resources"
	"github.com/juju/juju/rpc/params"
)

// resource is one that was attached.
type resource struct {
	resources.Resource
	content []byte
}

// files is the controller's HTTP server.
type files struct {
	server http.Server
	url    string // of the model
	ended  chan error
}

func (m *Model) serveFiles() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("cannot serve files: %w", err)
	}
	path := "/model/" + agent.ModelUUID
	routes := http.NewServeMux()
	routes.HandleFunc("PUT "+path+"/applications/{application}/resources/{resource}", answer(m.receive))
	routes.HandleFunc("GET "+path+"/units/{unit}/resources/{resource}", answer(m.send))
	m.files.server.Handler, m.files.url = routes, "http://"+listener.Addr().String()+path
	m.files.ended = make(chan error, 1)
	go func() { m.files.ended <- m.files.server.Serve(listener) }()
	return nil
}

func (f *files) close() error {
	err := f.server.Close()
	if ended := <-f.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// answer tells an error as Juju's clients of these routes read it.
func answer(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		told, status := params.Error{Message: err.Error()}, http.StatusInternalServerError
		var coded *params.Error
		if errors.As(err, &coded) && coded.Code == params.CodeNotFound {
			told, status = *coded, http.StatusNotFound
		}
		_ = httprequest.WriteJSON(w, status, told) // or the client is gone
	}
}

// Attach is `juju attach-resource`.
func (m *Model) Attach(app, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot attach resource: %w", err)
	}
	defer file.Close()
	upload, err := api.NewUploadRequest(app, name, path, file)
	if err != nil {
		return fmt.Errorf("cannot attach resource: %w", err)
	}
	request, err := upload.HTTPRequest()
	if err != nil {
		return fmt.Errorf("cannot attach resource: %w", err)
	}
	var stored params.UploadResult
	if err := agent.HTTPClient(m.files.url).Do(context.Background(), request, &stored); err != nil {
		return fmt.Errorf("cannot attach resource: %w", err)
	}
	return nil
}

// receive takes an operator's file. Where its bytes are new the charm counts as
// modified, which is what units look at.
func (m *Model) receive(w http.ResponseWriter, r *http.Request) error {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	sent, err := charmresource.ParseFingerprint(r.Header.Get(api.HeaderContentSha384))
	if err != nil {
		return err
	}
	found, err := charmresource.GenerateFingerprint(bytes.NewReader(content))
	if err != nil || found.String() != sent.String() {
		return errors.Join(fmt.Errorf("the file has the fingerprint %s, not %s", found, sent), err)
	}
	_, words, err := mime.ParseMediaType(r.Header.Get(api.HeaderContentDisposition))
	if err != nil {
		return err
	}
	file, err := new(mime.WordDecoder).DecodeHeader(words[api.FilenameParamForContentDispositionHeader])
	if err != nil {
		return err
	}
	var stored resources.Resource
	err = m.do(func() (err error) {
		stored, err = m.keep(r.PathValue("application"), r.PathValue("resource"), file, found, content)
		return err
	})
	if err != nil {
		return err
	}
	return httprequest.WriteJSON(w, http.StatusOK, params.UploadResult{Resource: api.Resource2API(stored)})
}

// keep is called with the lock held.
func (m *Model) keep(app, name, file string, fingerprint charmresource.Fingerprint, content []byte) (resources.Resource, error) {
	a, err := m.app(app)
	if err != nil {
		return resources.Resource{}, err
	}
	c, err := charm.ReadCharmArchive(a.archive)
	if err != nil {
		return resources.Resource{}, err
	}
	meta, declared := c.Meta().Resources[name]
	if !declared {
		return resources.Resource{}, notFound("resource#%s/%s", app, name)
	}
	if want := filepath.Ext(meta.Path); filepath.Ext(file) != want {
		return resources.Resource{}, fmt.Errorf("incorrect extension on resource upload %q, expected %q", file, want)
	}
	one := resource{content: content, Resource: resources.Resource{ID: app + "/" + name, ApplicationID: app, Username: "admin", Timestamp: now(),
		Resource: charmresource.Resource{Meta: meta, Origin: charmresource.OriginUpload, Fingerprint: fingerprint, Size: int64(len(content))}}}
	if err := one.Validate(); err != nil {
		return one.Resource, err
	}
	if a.resources == nil {
		a.resources = map[string]resource{}
	}
	// The same bytes count as new ones, too: Juju's own look at what was there before
	// (hasNewBytes in state/resources_staged.go of 3.6.11) does not find it.
	a.resources[name] = one
	a.revision++
	a.version++
	return one.Resource, nil
}

// send hands a unit its application's file.
func (m *Model) send(w http.ResponseWriter, r *http.Request) error {
	tag, err := names.ParseUnitTag(r.PathValue("unit"))
	if err != nil {
		return err
	}
	m.mu.Lock()
	u, one, found := m.units[tag.Id()], resource{}, false
	if u != nil {
		one, found = u.app.resources[r.PathValue("resource")]
	}
	m.mu.Unlock()
	if !found {
		return notFound("resource %q", r.PathValue("resource"))
	}
	w.Header().Set("Content-Type", params.ContentTypeRaw)
	w.Header().Set("Content-Length", fmt.Sprint(one.Size))
	w.Header().Set("Content-Sha384", one.Fingerprint.String())
	_, _ = w.Write(one.content) // or the unit is gone
	return nil
}

func resourceInfo(c *call) (any, error) {
	var arg params.ListUnitResourcesArgs
	c.read(&arg)
	var out params.UnitResourcesResult
	for _, name := range arg.ResourceNames {
		one, found := c.app.resources[name]
		if !found {
			out.Resources = append(out.Resources, params.UnitResourceResult{ErrorResult: params.ErrorResult{Error: notFound("resource %q", name)}})
			continue
		}
		out.Resources = append(out.Resources, params.UnitResourceResult{Resource: api.Resource2API(one.Resource)})
	}
	return out, nil
}
