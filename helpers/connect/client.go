package connect

// The client: what a caller chooses, the workers it may ask, and the answers it gets.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options say whom to ask and how long. Only URLs is needed.
type Options struct {
	// URLs are the workers' addresses ("http://host:8083"), in order of preference. One is used until it cannot be
	// reached, then the next. A path in an address stays in front of every request, for proxies.
	URLs []string
	// HTTP makes the requests; its Transport may lead through a proxy. Redirects are never followed.
	// By default, a client of its own with a connect time-out of 5 seconds.
	HTTP *http.Client
	// Auth is sent with every request. By default, nothing; a user and password inside a URL are understood.
	Auth Auth

	// Budget bounds all calls of this client together, counted from the first one, as a hook is bounded.
	// By default, no bound.
	Budget time.Duration
	// CallTimeout bounds one call with all its attempts. By default, 5 minutes: room for three attempts.
	CallTimeout time.Duration
	// AttemptTimeout bounds one attempt. By default, 100 seconds, a little more than the 90 after which a worker gives
	// up itself. A shorter one is safe: the outcome is read back.
	AttemptTimeout time.Duration
	// MaxBody bounds the bytes of an answer. By default, 32 MiB; 1000 connectors with their status are about 1 MiB.
	MaxBody int64

	// Before is asked before every attempt. Its error ends the call and is returned untouched. By default, not asked.
	Before func(ctx context.Context) error
	// Again is told why an attempt failed that is to be made again after a pause: every worker has been asked by then.
	// Its error ends the call and is returned untouched. By default, nobody is told.
	Again func(ctx context.Context, why error) error
	// Seam is the way every attempt goes to the outside, with an effect such as "connect: PUT /connectors/x/config".
	// Its error counts as a failed attempt: not sent if do was not called, otherwise an answer that was lost.
	// By default, do is just called.
	Seam func(ctx context.Context, effect string, do func() error) error
	// Secrets gives texts that no message may show, beside those the client is given for the worker. It is asked once,
	// when there is a message. By default, there are none.
	Secrets func() []string
	// Log gets a line at debug level for every attempt that is repeated. By default, nothing is logged.
	Log *slog.Logger
}

const (
	defaultCallTimeout    = 5 * time.Minute
	defaultAttemptTimeout = 100 * time.Second
	defaultMaxBody        = 32 << 20
)

// A Client speaks to one Connect cluster. It may be used by many goroutines at once.
type Client struct {
	o       Options
	http    *http.Client
	workers workers
	secrets secrets
	budget  budget
	counts  counts
}

// New checks the options and gives a client. It sends nothing.
func New(o Options) (*Client, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("cannot use Kafka Connect: no worker's URL is given")
	}
	c := &Client{o: o, budget: budget{total: o.Budget}}
	for _, raw := range o.URLs {
		base, auth, err := baseURL(raw)
		if err != nil {
			return nil, err
		}
		if c.o.Auth.empty() {
			c.o.Auth = auth
		}
		c.workers.urls = append(c.workers.urls, base)
	}
	c.o.CallTimeout = orElse(o.CallTimeout, defaultCallTimeout)
	c.o.AttemptTimeout = orElse(o.AttemptTimeout, defaultAttemptTimeout)
	c.o.MaxBody = orElse(o.MaxBody, defaultMaxBody)
	if o.Log == nil {
		c.o.Log = slog.New(slog.DiscardHandler)
	}
	c.http = httpClient(o.HTTP)
	c.secrets.add(c.o.Auth.secrets()...)
	c.secrets.further = o.Secrets
	return c, nil
}

// URL is the address of the worker that is asked at present.
func (c *Client) URL() string {
	url, _ := c.workers.current()
	return url
}

// Close lets go of idle connections. The client may still be used.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func orElse[T int64 | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// baseURL checks one address and takes the credentials out of it, so that no message can show them.
func baseURL(raw string) (string, Auth, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil: // its text would show the address, and perhaps a password in it
		return "", Auth{}, errors.New("cannot use the URL of a Connect worker: it is not a URL such as http://host:8083 or http://[::1]:8083")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", Auth{}, fmt.Errorf("cannot use %q as the URL of a Connect worker: want http://host:port", ShownURL(raw))
	case u.RawQuery != "" || u.Fragment != "":
		return "", Auth{}, fmt.Errorf("cannot use %q as the URL of a Connect worker: it has a query or a fragment", ShownURL(raw))
	}
	var auth Auth
	if u.User != nil {
		auth.Username = u.User.Username()
		auth.Password, _ = u.User.Password()
		u.User = nil
	}
	return strings.TrimRight(u.String(), "/"), auth, nil
}

func httpClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	} else {
		client.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       30 * time.Second,
			ForceAttemptHTTP2:     true,
			ExpectContinueTimeout: time.Second,
		}
	}
	// Connect never redirects; who does is a login page or a wrong address, and would be given our credentials.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// workers is the one place that knows which URL is asked.
type workers struct {
	urls []string
	mu   sync.Mutex
	at   int
}

// current gives the URL in use, and a mark to hand to failed.
func (w *workers) current() (string, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.urls[w.at], w.at
}

// failed moves on from the URL with that mark, unless somebody else already has.
func (w *workers) failed(mark int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == mark {
		w.at = (w.at + 1) % len(w.urls)
	}
}

// A Response is what a worker answered.
type Response struct {
	StatusCode int
	// JSON is the body; nil when there was none, as with 202 and 204. Beside an error it holds no secret.
	JSON json.RawMessage
}

// Decode reads the body into a value. An empty body is an error.
func (r *Response) Decode(into any) error {
	if r == nil || r.JSON == nil {
		return errors.New("cannot decode the answer of Kafka Connect: it is empty")
	}
	if err := json.Unmarshal(r.JSON, into); err != nil {
		return fmt.Errorf("cannot decode the answer of Kafka Connect: %w", err)
	}
	return nil
}

// As decodes what any method returned: As[Status](client.Status(ctx, name)).
func As[T any](r *Response, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	err = r.Decode(&value)
	return value, err
}
