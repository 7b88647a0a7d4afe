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
// Flags:
//
//	-dir FOLDER   everything that is written goes to this empty folder, and stays;
//	              by default to one of its own, which is removed
//	-images FILE  pods are processes, by this table of images; by default, they
//	              are pretended
//	-netns        live in a network namespace of its own (for root). The API server
//	              listens on loopback out here all the same, and is the only way in
//
// When all is ready it prints one line of JSON: "server" (a URL), "ca" (PEM) and
// "token" of an administrator, "kubeconfig" (the path of a file with all three),
// "pid" (of the process in whose namespaces the cluster is: nsenter -n -t PID),
// "version", and the "seconds" it took.
//
// It ends in good order, containers first, on SIGINT and SIGTERM, when the process
// that started it ends in whatever way, and when standard input does, where that
// is a pipe or a socket. Should it be killed, the kernel ends its containers; its
// folder stays.
package main
