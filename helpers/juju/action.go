package juju

// Actions: what an operator asked for with juju run.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Action is the action being run. What it set is sent when it ends, whether it
// went well or not.
type Action struct {
	unit *Unit

	mu       sync.Mutex
	params   map[string]any
	results  map[string]string
	mistakes []error
	failure  *string
}

// Action gives the action being run. In a hook its methods give errors, as Juju
// knows of none.
func (u *Unit) Action() *Action { return &u.action }

// Params gives the parameters, defaults of actions.yaml included: strings,
// int64, float64, bool, lists and maps.
func (a *Action) Params(ctx context.Context) (map[string]any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.params == nil {
		params := map[string]any{}
		if err := a.unit.read(ctx, "", &params, "action-get"); err != nil {
			return nil, fmt.Errorf("cannot read the action's parameters: %w", err)
		}
		a.params, _ = plain(params).(map[string]any)
	}
	return maps.Clone(a.params), nil
}

// plain makes the numbers in parameters ordinary ones.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[key] = plain(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = plain(inner)
		}
		return out
	}
	return plainNumber(value)
}

// Set adds a result. A map becomes nested results; other values become text,
// lists JSON text. A key is of lowercase letters, digits and hyphens, with dots
// between levels. Mistakes are reported when the results are sent.
func (a *Action) Set(key string, value any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.results == nil {
		a.results = map[string]string{}
	}
	a.add(key, value)
}

func (a *Action) add(key string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for inner, value := range v {
			a.add(key+"."+inner, value)
		}
		return
	case map[string]string:
		for inner, value := range v {
			a.add(key+"."+inner, value)
		}
		return
	}
	if err := checkResultKey(key); err != nil {
		a.mistakes = append(a.mistakes, err)
		return
	}
	text, err := resultText(value)
	if err == nil {
		err = checkValue(key, text)
	}
	if err != nil {
		a.mistakes = append(a.mistakes, fmt.Errorf("cannot use the action result %q: %w", key, err))
		return
	}
	a.results[key] = text
}

func resultText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case error:
		return v.Error(), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// checkResultKey is Juju's rule for action results.
func checkResultKey(key string) error {
	word := regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)
	for _, part := range strings.Split(key, ".") {
		if !word.MatchString(part) {
			return fmt.Errorf("cannot use the action result %q: each part of the key is lowercase letters, digits and hyphens", key)
		}
		if slices.Contains([]string{"stdout", "stdout-encoding", "stderr", "stderr-encoding"}, part) {
			return fmt.Errorf("cannot use the action result %q: Juju keeps %q for itself", key, part)
		}
	}
	return nil
}

// Fail says that the action failed and why, one sentence. The first one counts.
// What the hook changed is kept all the same, if it ends well.
func (a *Action) Fail(message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil {
		message = oneLine(message, maxLine)
		a.failure = &message
	}
}

// Log tells the operator, at once, how far the action has come.
func (a *Action) Log(ctx context.Context, message string) error {
	args := []string{"--", oneLine(message, maxLine)}
	if _, err := a.unit.call(ctx, "", Call{Tool: "action-log", Args: args}); err != nil {
		return fmt.Errorf("cannot report the action's progress: %w", err)
	}
	return nil
}

// Commit sends the results and the failure. It is for failed actions as well:
// Juju shows both, whatever the exit code.
func (a *Action) Commit(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, args := range resultArgs(a.results) {
		if _, err := a.unit.call(ctx, "", Call{Tool: "action-set", Args: args}); err != nil {
			return fmt.Errorf("cannot send the action's results: %w", err)
		}
	}
	clear(a.results)
	if a.failure != nil {
		if _, err := a.unit.call(ctx, "", Call{Tool: "action-fail", Args: []string{"--", *a.failure}}); err != nil {
			return fmt.Errorf("cannot mark the action as failed: %w", err)
		}
	}
	err := errors.Join(a.mistakes...)
	a.mistakes = nil
	return err
}

// resultArgs gives the arguments of as many calls as are needed: action-set
// reads no file, and a process takes about 128 KiB an argument, 2 MiB in all.
func resultArgs(results map[string]string) [][]string {
	const most = 256 << 10
	var calls [][]string
	size := most
	for _, key := range slices.Sorted(maps.Keys(results)) {
		arg := key + "=" + results[key]
		if size += len(arg); size > most {
			calls = append(calls, []string{"--"})
			size = len(arg)
		}
		calls[len(calls)-1] = append(calls[len(calls)-1], arg)
	}
	return calls
}
