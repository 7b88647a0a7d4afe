package kubetest

// services/proxy: the API server as the way to a pod.

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// proxy forwards to one ready pod of a Service named as [scheme:]name[:port].
func (s *Server) proxy(x *exchange) error {
	parts := strings.Split(x.Name, ":")
	if len(parts) == 3 {
		parts = parts[1:]
	}
	name := parts[0]
	o, ok := s.store.get(key{x.kind, types.NamespacedName{Namespace: x.Namespace, Name: name}})
	if !ok {
		return apierrors.NewNotFound(x.kind.groupResource(), name)
	}
	service := o.(*corev1.Service)
	if len(parts) > 1 && !hasPort(service, parts[1]) {
		return apierrors.NewServiceUnavailable(fmt.Sprintf("no service port %s found for service %q", parts[1], name))
	}
	addrs := s.readyAddrs(x.Namespace, service.Spec.Selector)
	if len(addrs) == 0 {
		return apierrors.NewServiceUnavailable(fmt.Sprintf("no endpoints available for service %q", name))
	}
	s.store.mu.Lock()
	addr := addrs[s.store.next()%int64(len(addrs))]
	s.store.mu.Unlock()
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: addr})
			r.Out.URL.Path, r.Out.URL.RawPath = x.rest, ""
			r.Out.Header.Del("Authorization") // it was for this server
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			x.fail(apierrors.NewServiceUnavailable(fmt.Sprintf("error trying to reach service: %v", err)))
		},
	}
	forward.ServeHTTP(x.w, x.Request)
	return nil
}

func hasPort(service *corev1.Service, wanted string) bool {
	for _, p := range service.Spec.Ports {
		if p.Name == wanted || strconv.Itoa(int(p.Port)) == wanted {
			return true
		}
	}
	return false
}
