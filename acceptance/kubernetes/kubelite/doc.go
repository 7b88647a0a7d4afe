// Kubelite is a small real Kubernetes in one process, for tests.
//
// Real are: etcd, the API server with its validation, admission (pod security
// included), server-side apply and RBAC, and the controllers of StatefulSets,
// Deployments, Endpoints, EndpointSlices, PodDisruptionBudgets, service
// accounts, namespaces and garbage. There is no scheduler: every pod is bound to
// the one node.
//
// # Pods that are processes
//
// With a table of images (-images) a pod's container is a process in namespaces of
// its own: of processes, in which it is the first; of mounts, with this machine's
// file system, copied on write, as its root, the image and the volumes on top; of
// the network, with an eth0 on a bridge, which the pod keeps while no container of
// it runs. It has the environment, command, user, groups and probes that its pod asks
// for, at the pace it asks for; it is started again when it ends, at once and then with
// the kubelet's back-off; it is ended by SIGTERM and, when its grace is over, by
// SIGKILL. Its log is logs/NAMESPACE/POD.log, its container ID kubelite://PID.
//
// Names are resolved as in a cluster (Services, and pods under a headless one), by a
// DNS server at 10.96.0.10 that knows EndpointSlices; a Service's own address leads,
// for TCP, to one of its endpoints; the API server is 10.96.0.1.
//
// An image is an entry of the table, by the name that pods call it:
//
//	{"apache/kafka:4.3.1": {
//	  "entrypoint": ["…"], "command": ["…"], "env": {"NAME": "value"}, "user": 1000,
//	  "mounts": {"/in/the/container": "/folder/of/this/machine"},
//	  "shared": {"/written/by/all": "/folder/of/this/machine"}}}
//
// Where there is none, the pod waits with ErrImagePull.
//
// It takes root, iproute2 and util-linux's nsenter (for probes that run a command), and
// a network namespace without the machine's addresses: -netns, or that of whoever starts
// it. Volumes are Secrets, ConfigMaps, projected ones, emptyDir and hostPath; what is in
// them is what they hold when the container starts. A pod that asks for a second
// container, for lifecycle hooks or for the host's namespaces is refused, and says so.
// Not in force are limits of memory and CPU, seccomp profiles, network policies, single
// capabilities (but ALL can be dropped), and quotas of emptyDir. The root is changed
// (chroot), not exchanged: a container that is root can leave it.
//
// # Pods that are pretended
//
// Without a table, [pretend] answers HTTP in place of every image. A pod is Ready when
// that answers its readiness probe, so everything a controller does about pods is done
// for a reason. The intervals of probes are not kept, startup and liveness probes
// are not made. Pods have addresses that exist nowhere (EndpointSlices refuse
// loopback); the API server reaches them through an egress selector, its own means for
// networks it is not part of, and its proxy to a Service is the way in. No privilege is
// needed.
//
// A test steers the pods of a namespace by annotations of that namespace:
// kubelite/unready: IMAGE makes the pods of an image fail their probe, and
// kubelite/missing: IMAGE makes the image impossible to pull.
//
// # Use
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
