package kubetest

// One conversation with a Kubernetes API, to be held with this package's server
// and with a real one: the answers have to be the same.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"k8s.io/client-go/rest"
)

// Exchange is one request and what came back, without what differs from server
// to server: uids, versions, times, addresses and statuses.
type Exchange struct {
	// Name says what is tried.
	Name string
	// Request is the method and the path.
	Request string
	// Code is the HTTP status.
	Code int
	// Version says whether a Secret or a Service has a "new" resourceVersion or
	// the "same" as in the last answer about it. It is empty for other kinds,
	// whose status controllers write when they come to it.
	Version string
	// Answer is the body, normalised, as indented JSON.
	Answer string
}

// ScriptNamespace is where Script works; it must not exist.
const ScriptNamespace = "kubetest-script"

// Script holds the conversation as the user of config, who has to be allowed
// everything, impersonation included. It makes [ScriptNamespace] and deletes it.
// The error is about requests that could not be made, not about answers.
func Script(ctx context.Context, config *rest.Config) ([]Exchange, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("cannot hold the script's conversation: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("cannot hold the script's conversation: %w", err)
	}
	p := &player{ctx: ctx, client: client, base: strings.TrimSuffix(base.String(), "/"), versions: map[string]string{}}
	for _, step := range scriptSteps() {
		if err := p.play(step); err != nil {
			cleanUp, cancel := context.WithCancel(context.WithoutCancel(ctx))
			defer cancel()
			p.ctx = cleanUp
			return p.exchanges, errors.Join(err, p.play(step0("clean up", http.MethodDelete, namespacePath, "")))
		}
	}
	return p.exchanges, nil
}

// A step is one request of the script.
type step struct {
	name, method, path string
	body               string
	header             map[string]string
	// learn, when not empty, keeps the object's uid and version under that name:
	// ${NAME.uid} and ${NAME.version} in later steps are replaced by them.
	learn string
}

type player struct {
	ctx       context.Context
	client    *http.Client
	base      string
	versions  map[string]string // by path
	learnt    []string          // for strings.NewReplacer
	exchanges []Exchange
}

func (p *player) play(s step) error {
	fill := strings.NewReplacer(p.learnt...)
	request, err := http.NewRequestWithContext(p.ctx, s.method, p.base+fill.Replace(s.path), strings.NewReader(fill.Replace(s.body)))
	if err != nil {
		return fmt.Errorf("cannot make the request %q: %w", s.name, err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "script/1.0")
	for name, value := range s.header {
		request.Header.Set(name, value)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("cannot send the request %q: %w", s.name, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("cannot read the answer to %q: %w", s.name, err)
	}
	e := Exchange{Name: s.name, Request: s.method + " " + s.path, Code: response.StatusCode}
	var answers []any
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	for decoder.More() { // a watch answers with several
		var answer any
		if err := decoder.Decode(&answer); err != nil {
			return fmt.Errorf("cannot read the answer to %q: it is not JSON", s.name)
		}
		answers = append(answers, answer)
	}
	p.remember(s, &e, answers)
	e.Answer, err = normalise(answers)
	p.exchanges = append(p.exchanges, e)
	return err
}

// remember notes an object's identity.
func (p *player) remember(s step, e *Exchange, answers []any) {
	if len(answers) != 1 || e.Code >= 300 {
		return
	}
	object, _ := answers[0].(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	version, _ := metadata["resourceVersion"].(string)
	uid, _ := metadata["uid"].(string)
	if s.learn != "" {
		p.learnt = append(p.learnt, "${"+s.learn+".version}", version, "${"+s.learn+".uid}", uid)
	}
	if kind := object["kind"]; uid == "" || kind != "Secret" && kind != "Service" {
		return
	}
	path, _, _ := strings.Cut(s.path, "?")
	e.Version = "new"
	if p.versions[path] == version {
		e.Version = "same"
	}
	p.versions[path] = version
}
