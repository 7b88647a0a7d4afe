package connect

// The loop: attempts, pauses and ends, in a time of its own.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// talk is a client and the journal of what it sent; each answer of the script is used once, the last one for ever.
func talk(t *testing.T, o Options, script ...any) (*Client, *[]string) {
	t.Helper()
	var sent []string
	if o.URLs == nil {
		o.URLs = []string{"http://one"}
	}
	o.HTTP = &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Method+" "+r.URL.Host+r.URL.RequestURI())
		next := script[min(len(sent), len(script))-1]
		switch next := next.(type) {
		case error:
			return nil, next
		case time.Duration:
			select {
			case <-time.After(next):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return answerWith(200, "{}")
		}
		status, body, _ := strings.Cut(next.(string), " ")
		var code int
		_, _ = fmt.Sscan(status, &code)
		return answerWith(code, body)
	})}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &sent
}

var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

const (
	rebalance = `500 {"error_code":500,"message":"Request cannot be completed because a rebalance is expected"}`
	timedOut  = `500 {"error_code":500,"message":"Request timed out"}`
	exists    = `409 {"error_code":409,"message":"Connector x already exists"}`
	missing   = `404 {"error_code":404,"message":"Connector x not found"}`
	unknown   = `500 {"error_code":500,"message":"Failed to find any class that implements Connector"}`
	applied   = `200 {"x":{"info":{"name":"x","config":{"name":"x","a":"1"},"tasks":[],"type":"sink"}}}`
	another   = `200 {"x":{"info":{"name":"x","config":{"name":"x","a":"2"},"tasks":[],"type":"sink"}}}`
	nothing   = `200 {}`
	readEnd   = "GET one/connectors?expand=info"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	put := func(ctx context.Context, c *Client) (*Response, error) {
		return c.PutConfig(ctx, "x", map[string]any{"a": 1})
	}
	create := func(ctx context.Context, c *Client) (*Response, error) {
		return c.Create(ctx, "x", map[string]any{"a": 1}, Paused)
	}
	remove := func(ctx context.Context, c *Client) (*Response, error) { return c.Delete(ctx, "x") }
	patch := func(ctx context.Context, c *Client) (*Response, error) {
		return c.PatchConfig(ctx, "x", map[string]any{"a": "1", "b": nil})
	}
	get := func(ctx context.Context, c *Client) (*Response, error) { return c.Get(ctx, "x") }
	health := func(ctx context.Context, c *Client) (*Response, error) { return c.Health(ctx) }
	const putSent, postSent, deleteSent, getSent = "PUT one/connectors/x/config", "POST one/connectors", "DELETE one/connectors/x", "GET one/connectors/x"
	tests := []struct {
		name   string
		call   func(context.Context, *Client) (*Response, error)
		script []any
		sent   []string
		status int
		err    error
	}{
		{"answered at once", put, []any{"201 {}"}, []string{putSent}, 201, nil},
		{"rebalancing passes", get, []any{rebalance, rebalance, "200 {}"}, []string{getSent, getSent, getSent}, 200, nil},
		{"no worker yet", get, []any{"503 <html>", "502 <html>", errRefused, "200 {}"}, []string{getSent, getSent, getSent, getSent}, 200, nil},
		{"what is permanent comes back", put, []any{unknown}, []string{putSent}, 500, Failed},
		{"conflict is permanent", create, []any{exists}, []string{postSent}, 409, Conflict},
		{"a refused connection is not read back", put, []any{errRefused, "201 {}"}, []string{putSent, putSent}, 201, nil},
		{"put applied, answer lost", put, []any{errReset, applied}, []string{putSent, readEnd}, 200, nil},
		{"put applied, worker gave up", put, []any{timedOut, applied}, []string{putSent, readEnd}, 200, nil},
		{"put applied, answer cut", put, []any{io.ErrUnexpectedEOF, applied}, []string{putSent, readEnd}, 200, nil},
		{"put not applied", put, []any{errReset, another, "200 {}"}, []string{putSent, readEnd, putSent}, 200, nil},
		{"reading back is repeated, not the put", put, []any{errReset, rebalance, applied}, []string{putSent, readEnd, readEnd}, 200, nil},
		{"reading back is refused", put, []any{errReset, `403 {"error_code":403,"message":"no"}`}, []string{putSent, readEnd}, 403, Denied},
		{"create applied", create, []any{errReset, applied}, []string{postSent, readEnd}, 201, nil},
		{"create applied late", create, []any{timedOut, nothing, exists, applied}, []string{postSent, readEnd, postSent, readEnd}, 201, nil},
		{"created by somebody else", create, []any{timedOut, nothing, exists, another}, []string{postSent, readEnd, postSent, readEnd}, 409, Conflict},
		{"delete applied", remove, []any{errReset, nothing}, []string{deleteSent, readEnd}, 204, nil},
		{"delete not applied", remove, []any{errReset, applied, "204 "}, []string{deleteSent, readEnd, deleteSent}, 204, nil},
		{"delete of what is not there", remove, []any{missing}, []string{deleteSent}, 404, nil},
		{"a proxy's 404 is no delete", remove, []any{"404 <html>"}, []string{deleteSent}, 404, Foreign},
		{"patch applied", patch, []any{errReset, applied}, []string{"PATCH one/connectors/x/config", readEnd}, 200, nil},
		{"a probe asks once", health, []any{`503 {"status":"starting","message":"x"}`}, []string{"GET one/health"}, 503, NotReady},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, sent := talk(t, Options{}, test.script...)
				resp, err := test.call(t.Context(), c)
				if !slices.Equal(*sent, test.sent) {
					t.Errorf("sent %q, want %q", *sent, test.sent)
				}
				if resp == nil || resp.StatusCode != test.status {
					t.Errorf("got %v, want %d", resp, test.status)
				}
				if test.err == nil && err != nil || test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("got error %v, want %v", err, test.err)
				}
			})
		})
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, sent := talk(t, Options{Budget: time.Minute, AttemptTimeout: 20 * time.Second}, rebalance)
		started := time.Now()
		_, err := c.Get(t.Context(), "x")
		var over *BudgetError
		if !errors.As(err, &over) || !errors.Is(err, Rebalancing) || over.Attempts != len(*sent) {
			t.Fatalf("got %v after %d attempts", err, len(*sent))
		}
		if spent := time.Since(started); spent > time.Minute || spent < 50*time.Second || over.Spent != spent {
			t.Errorf("spent %s of a minute", spent)
		}
		if n := len(*sent); n < 12 || n > 80 { // pauses of 250 ms to 5 s, each shortened at random
			t.Errorf("%d attempts in a minute", n)
		}
		time.Sleep(time.Minute)
		if _, err := c.Get(t.Context(), "x"); !errors.As(err, &over) {
			t.Errorf("the budget is not shared: %v", err)
		}
	})
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, sent := talk(t, Options{AttemptTimeout: 20 * time.Second}, time.Hour, applied)
		started := time.Now()
		resp, err := c.PutConfig(t.Context(), "x", map[string]any{"a": 1})
		if err != nil || resp.StatusCode != 200 || len(*sent) != 2 {
			t.Errorf("got %v, %v after %q", resp, err, *sent)
		}
		if spent := time.Since(started); spent < 20*time.Second || spent > 21*time.Second {
			t.Errorf("took %s", spent)
		}
		_, err = c.Get(t.Context(), "x")
		if err != nil {
			t.Error(err)
		}
	})
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, Options{}, rebalance)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		started := time.Now()
		if _, err := c.Get(ctx, "x"); !errors.Is(err, context.Canceled) || time.Since(started) > time.Second {
			t.Errorf("got %v after %s", err, time.Since(started))
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var over *BudgetError
		if _, err := c.Get(ctx, "x"); !errors.As(err, &over) {
			t.Errorf("a caller's deadline gives %v", err)
		}
	})
}

func TestBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		errNotLeader := errors.New("not the leader")
		c, sent := talk(t, Options{Before: func(context.Context) error {
			if asked++; asked == 3 {
				return errNotLeader
			}
			return nil
		}}, errReset, rebalance)
		resp, err := c.PutConfig(t.Context(), "x", map[string]any{"a": 1})
		if err != errNotLeader || resp != nil || len(*sent) != 2 {
			t.Errorf("got %v, %v after %q", resp, err, *sent)
		}
	})
}

// Again hears of a pause only, after all workers were asked, and may end the call.
func TestAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		enough := errors.New("enough")
		heard := 0
		c, sent := talk(t, Options{URLs: []string{"http://one", "http://two"}, Again: func(_ context.Context, why error) error {
			if heard++; !errors.Is(why, Unreachable) {
				t.Errorf("it hears %v", why)
			}
			if heard == 2 {
				return enough
			}
			return nil
		}}, errRefused)
		if _, err := c.Expand(t.Context()); err != enough {
			t.Errorf("got %v", err)
		}
		if len(*sent) != 4 {
			t.Errorf("it sent %q; want each worker twice", *sent)
		}
	})
}

func TestFailOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, sent := talk(t, Options{URLs: []string{"http://one", "http://two/prefix/"}}, errRefused, "200 {}", "200 {}", rebalance, "200 {}")
		started := time.Now()
		for range 2 {
			if _, err := c.Get(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		}
		if time.Since(started) != 0 {
			t.Errorf("paused %s before the other worker was asked", time.Since(started))
		}
		if _, err := c.Get(t.Context(), "x"); err != nil {
			t.Error(err)
		}
		const other = "GET two/prefix/connectors/x"
		if want := []string{"GET one/connectors/x", other, other, other, other}; !slices.Equal(*sent, want) || c.URL() != "http://two/prefix" {
			t.Errorf("sent %q, now at %s", *sent, c.URL())
		}
	})
}

func TestSeam(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var effects []string
		o := Options{Seam: func(_ context.Context, effect string, do func() error) error {
			effects = append(effects, effect)
			switch len(effects) {
			case 1: // not sent
				return errors.New("no")
			case 2: // answer lost
				_ = do()
				return errors.New("lost")
			}
			return do()
		}}
		c, sent := talk(t, o, "201 {}", applied)
		// What is read back is not this configuration, so it is put again.
		_, err := c.PutConfig(t.Context(), "x", map[string]any{"a": 2})
		want := []string{"connect: PUT /connectors/x/config", "connect: PUT /connectors/x/config", "connect: GET /connectors?expand=info", "connect: PUT /connectors/x/config"}
		if !slices.Equal(effects, want) || len(*sent) != 3 || err != nil {
			t.Errorf("effects %q, sent %q, %v", effects, *sent, err)
		}
	})
}

func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, Options{URLs: []string{"http://me:pa55word@one"}},
			`400 {"error_code":400,"message":"Connector config {a=b, db.password=hunter2} and hunter2, pa55word"}`, errors.New("lost hunter2"))
		resp, err := c.PutConfig(t.Context(), "x", map[string]any{"db.password": "hunter2"})
		if err == nil || strings.Contains(err.Error()+string(resp.JSON), "hunter2") || strings.Contains(err.Error(), "pa55word") {
			t.Errorf("says %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err = c.Get(ctx, "x"); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("says %v", err)
		}
	})
}

func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, Options{MaxBody: 10}, `200 {"a":"bcdefghijkl"}`)
		if _, err := c.Get(t.Context(), "x"); !errors.Is(err, Foreign) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, urls := range [][]string{nil, {"connect:8083"}, {"ftp://x"}, {"http://"}, {"http://x?y=z"}, {"http://u:p@x\x00"}} {
		if _, err := New(Options{URLs: urls}); err == nil || !strings.HasPrefix(err.Error(), "cannot use ") || strings.Contains(err.Error(), "u:p@") {
			t.Errorf("%q: %v", urls, err)
		}
	}
}
