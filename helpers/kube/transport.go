package kube

// The way to the workers' REST API.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Transport returns the base URL of the workers' REST API and the round tripper
// that reaches it. It sends nothing.
//
// Inside a cluster that is the Service by its name. From outside it is the API
// server's proxy to the Service (services/proxy): there, what the API server
// itself says (no permission, no worker ready) is turned into the shape of
// Connect's own errors, and never into a 404, and a request with an Authorization header is refused,
// because the proxy would take it for its own and drop it.
func (c *Client) Transport(_ context.Context, w Workers) (string, http.RoundTripper, error) {
	if err := w.invalid(w.identity()); err != nil {
		return "", nil, err
	}
	if c.inCluster {
		base := fmt.Sprintf("http://%s.%s.svc:%d", w.Name, w.namespace(), w.port())
		// No Proxy: a name that only the cluster's resolver knows is never behind one.
		return base, &http.Transport{
			DialContext:           (&net.Dialer{Timeout: c.timeout}).DialContext,
			IdleConnTimeout:       30 * time.Second,
			MaxIdleConnsPerHost:   16,
			ResponseHeaderTimeout: 2 * time.Minute, // Connect itself gives up after 90 s
		}, nil
	}
	base := c.rest.Get().AbsPath("/").URL()
	base.RawQuery = ""
	return strings.TrimSuffix(base.String(), "/") + w.proxyPath(), &proxyTransport{c.http.Transport, w}, nil
}

// proxyTransport sends requests through the API server.
type proxyTransport struct {
	next    http.RoundTripper
	workers Workers
}

func (p *proxyTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Header.Get("Authorization") != "" {
		return nil, fmt.Errorf("cannot reach Kafka Connect through the API server with credentials of its own: the proxy keeps them: use a route to the Service")
	}
	response, err := p.next.RoundTrip(request)
	if err != nil || response.StatusCode < 400 {
		return response, err
	}
	return p.translate(response)
}

// largestStatus bounds what is read to see whose error an answer is.
const largestStatus = 1 << 20

func (p *proxyTransport) translate(response *http.Response) (*http.Response, error) {
	head, err := io.ReadAll(io.LimitReader(response.Body, largestStatus))
	if err != nil {
		response.Body.Close()
		return nil, fmt.Errorf("cannot read the answer of the Kubernetes API: %w", err)
	}
	var status metav1.Status
	if json.Unmarshal(head, &status) != nil || status.Kind != "Status" {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), response.Body), response.Body}
		return response, nil
	}
	response.Body.Close()
	t := target{"proxy to", services, p.workers.namespace(), p.workers.Name}
	message := t.errorf(nil, "%s", status.Message).Error()
	if status.Reason == metav1.StatusReasonForbidden {
		message = forbidden(status, t).Error()
	}
	if response.StatusCode == http.StatusNotFound {
		// No Service, or no Endpoints of it yet. Connect was not asked, and its own
		// 404 means that a connector is not there, which is good news to who deletes it.
		response.StatusCode = http.StatusServiceUnavailable
		response.Status = "503 " + http.StatusText(http.StatusServiceUnavailable)
	}
	body, err := json.Marshal(map[string]any{"error_code": response.StatusCode, "message": message})
	if err != nil {
		return nil, fmt.Errorf("cannot write an answer for Kafka Connect: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Type", "application/json")
	response.Header.Del("Content-Length")
	return response, nil
}
