package connect

// One attempt: the only place that touches the network, and what its answer or its silence means.

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// attempt sends one request to one worker and says what came of it.
func (c *Client) attempt(ctx context.Context, r request) (*Response, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.AttemptTimeout)
	defer cancel()
	base, mark := c.workers.current()
	c.counts.add(r)
	var (
		resp    *Response
		content string
		sent    bool
	)
	send := func() (err error) {
		sent = true
		resp, content, err = c.send(ctx, base, r)
		return err
	}
	err := error(nil)
	if c.o.Seam != nil {
		err = c.o.Seam(ctx, "connect: "+r.String(), send)
	} else {
		err = send()
	}
	if err != nil {
		fail := &Error{Method: r.method, Path: r.path, Connector: r.connector, Kind: lost(err, sent), cause: err}
		fail.Message = c.secrets.message(spoken(err))
		if fail.Kind == Unreachable {
			c.workers.failed(mark)
		}
		return nil, fail
	}
	return c.judge(r, resp, content)
}

// send is the only place that touches the network.
func (c *Client) send(ctx context.Context, base string, r request) (*Response, string, error) {
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return nil, "", &Error{Method: r.method, Path: r.path, Kind: Invalid, Message: "the body is not JSON"}
		}
		body = bytes.NewReader(raw)
	}
	target := base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, "", &Error{Method: r.method, Path: r.path, Kind: Invalid, Message: "the address is not a URL"}
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.o.Auth.apply(req.Header)
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, c.o.MaxBody+1))
	if err != nil {
		return nil, "", err
	}
	if int64(len(raw)) > c.o.MaxBody {
		return nil, "", &Error{Method: r.method, Path: r.path, Status: answer.StatusCode, Kind: Foreign,
			Message: fmt.Sprintf("the answer is longer than %d bytes", c.o.MaxBody)}
	}
	resp := &Response{StatusCode: answer.StatusCode}
	if len(bytes.TrimSpace(raw)) > 0 {
		resp.JSON = raw
	}
	return resp, answer.Header.Get("Content-Type"), nil
}

// judge tells answers from refusals, and Connect's refusals from those of whoever stands in between.
func (c *Client) judge(r request, resp *Response, content string) (*Response, *Error) {
	valid := resp.JSON == nil || json.Valid(resp.JSON)
	if valid && resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp, nil
	}
	var said struct {
		Code    *int   `json:"error_code"`
		Status  string `json:"status"` // of /health; Kubernetes has one as well
		Message string `json:"message"`
	}
	foreign := resp.JSON == nil || json.Unmarshal(resp.JSON, &said) != nil ||
		said.Code == nil && said.Status != "unhealthy" && said.Status != "starting"
	message := said.Message
	switch {
	case !valid:
		message = fmt.Sprintf("the answer is not JSON but %q, %d bytes", content, len(resp.JSON))
	case resp.JSON == nil:
		message = http.StatusText(resp.StatusCode)
	case said.Code == nil && said.Status == "unhealthy":
		message = "unhealthy: " + message
	}
	fail := &Error{Method: r.method, Path: r.path, Connector: r.connector, Status: resp.StatusCode}
	fail.Message = c.secrets.message(message)
	fail.Kind = classify(resp.StatusCode, foreign, message)
	resp.JSON = nil
	switch { // the caller gets the body, as redacted as the message
	case foreign:
	case said.Code == nil:
		resp.JSON, _ = json.Marshal(map[string]string{"status": said.Status, "message": fail.Message})
	default:
		resp.JSON, _ = json.Marshal(map[string]any{"error_code": resp.StatusCode, "message": fail.Message})
	}
	return resp, fail
}

// lost says what an attempt without an answer means.
func lost(err error, sent bool) Kind {
	var (
		ours *Error
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
		auth x509.UnknownAuthorityError
		host x509.HostnameError
		head tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &ours):
		return ours.Kind
	case !sent, errors.As(err, &dns), errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return Unreachable
	case errors.As(err, &cert), errors.As(err, &auth), errors.As(err, &host):
		return Denied
	case errors.As(err, &head), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return Foreign
	}
	return Unsure
}

// spoken is an error without the address net/http puts in front; the address is in the inner text where it helps.
func spoken(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var ours *Error
	switch {
	case errors.As(err, &ours):
		return ours.Message
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return err.Error()
}
