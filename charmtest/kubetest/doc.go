// Package kubetest is a Kubernetes API in the test's own process, over real
// HTTPS with a real kubeconfig.
//
// Objects are merged by the same field manager the real server uses
// (apimachinery's managedfields, with client-go's schema of every built-in
// type), so server-side apply, its conflicts and its no-ops are not imitated.
// Around it stand what a charm notices: namespaces that have to exist, uid,
// resourceVersion and generation, the common defaults, the refusals in the real
// server's words, RBAC, watches, a StatefulSet controller that rolls pod by pod,
// and the proxy to a Service. What a pod does is up to a [Runtime].
//
// It serves namespaces, pods, services, secrets, configmaps, events,
// statefulsets, deployments (as objects, which no controller makes pods of),
// poddisruptionbudgets and networkpolicies. Not there: discovery,
// other kinds, the status and scale subresources, finalizers and
// propagation policies (dependants always end in the background), admission but for the "restricted" pod security standard, and name resolution.
// What the API server would refuse and is not refused here is a defect of this
// package only as far as it says it does; [Script] is run against both.
package kubetest
