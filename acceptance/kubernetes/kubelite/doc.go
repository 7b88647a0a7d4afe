// Kubelite is a small real Kubernetes in one process, for tests.
//
// Real are: etcd, the API server with its validation, admission (pod security
// included), server-side apply and RBAC, and the controllers of StatefulSets,
// Deployments, Endpoints, EndpointSlices, PodDisruptionBudgets, service
// accounts, namespaces and garbage.
//
// Not real are the scheduler (every pod is bound to the one node), the kubelet
// and what runs in a pod: [pretend] answers HTTP in place of the image. A pod
// is Ready when that answers its readiness probe, so everything a controller
// does about pods is done for a reason. The intervals of probes are not kept,
// startup and liveness probes are not made. There is no cluster DNS and no
// kube-proxy: the API server's proxy to a Service is the way in.
//
// Everything listens on loopback, on free ports. Pods have addresses of their
// own that exist nowhere (EndpointSlices refuse loopback); the API server
// reaches them through an egress selector, its own means for networks it is not
// part of.
//
// A test steers the pods of a namespace by annotations of that namespace:
// kubelite/unready: IMAGE makes the pods of an image fail their probe, and
// kubelite/missing: IMAGE makes the image impossible to pull.
//
// It prints one line of JSON when it is ready, and ends when its standard input
// does, so it never outlives the test that started it. What it writes, it
// removes.
package main
