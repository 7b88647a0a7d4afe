package kube

// What a Connect cluster in Kubernetes should be: names, labels, defaults, and
// what makes no sense.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

const (
	// FieldManager is the one name under which this package writes.
	FieldManager = "kafka-connect-base"
	// OwnerLabel says which application of which model an object belongs to.
	OwnerLabel = "kafka-connect-base/owner"
	// RevisionAnnotation on the StatefulSet is the revision of its pods; see [Applied].
	RevisionAnnotation = "kafka-connect-base/revision"

	containerName = "worker"
	defaultPort   = 8083
	defaultMemory = 1024
	leastMemory   = 256
	longestName   = 52 // a StatefulSet's pods carry <name>-<10 characters> as a label of at most 63
	longestLabel  = 63
	largestSecret = 1 << 20
	heapPercent   = 75
)

// Workers is one Kafka Connect cluster as it should be in Kubernetes.
type Workers struct {
	// Name is the name of the StatefulSet and of the Service for clients;
	// other objects are named after it. By convention "<app>-connect": Juju
	// itself owns "<app>" in its Kubernetes models. At most 52 characters.
	Name string
	// App, Model and ModelUUID are the Juju application and its model; App and
	// ModelUUID together own the objects.
	App, Model, ModelUUID string
	// Namespace is where everything is. It is created when it does not exist
	// and the account may do that; it is never deleted.
	// By default, Model.
	Namespace string
	// Replicas is the number of workers; 0 keeps everything but the pods.
	Replicas int
	// Image and how to run it; see [ProfileFor].
	Image   string
	Profile Profile
	// Properties are the workers' configuration, complete but for what follows
	// from the other fields: the REST port when it is not 8083, and from Kafka
	// 3.5 the advertised host. A key that is given here is never replaced.
	// They may hold passwords.
	Properties map[string]string
	// Port is where the workers' REST API listens. By default, 8083.
	Port int
	// MemoryMiB is the memory of one worker; 75 % of it is heap.
	// By default, 1024. At least 256.
	MemoryMiB int
	// ServiceType of the Service for clients: ClusterIP, NodePort or
	// LoadBalancer. By default, ClusterIP.
	ServiceType string
	// NetworkPolicy, when true, lets only the workers themselves, the pods of
	// their namespace and those of the model's namespace reach the REST API.
	// The API server's proxy comes from outside any namespace: where it is the
	// way in, leave this off.
	NetworkPolicy bool

	nameless bool // the pods have no names that resolve, as those of a Deployment
}

func (w Workers) namespace() string   { return cmp.Or(w.Namespace, w.Model) }
func (w Workers) port() int           { return cmp.Or(w.Port, defaultPort) }
func (w Workers) memory() int         { return cmp.Or(w.MemoryMiB, defaultMemory) }
func (w Workers) serviceType() string { return cmp.Or(w.ServiceType, "ClusterIP") }
func (w Workers) headless() string    { return w.Name + "-workers" }

// owner is the value of OwnerLabel.
func (w Workers) owner() string { return label(w.ModelUUID + "." + w.App) }

// selector is what finds the pods; a StatefulSet never lets it change.
func (w Workers) selector() map[string]any {
	return map[string]any{
		"app.kubernetes.io/name":     "kafka-connect",
		"app.kubernetes.io/instance": w.Name,
		OwnerLabel:                   w.owner(),
	}
}

// labels are on every object.
func (w Workers) labels() map[string]any {
	l := w.selector()
	l["app.kubernetes.io/managed-by"] = FieldManager
	l["app.kubernetes.io/part-of"] = label(w.App)
	return l
}

// label shortens text to what a label's value may hold, without letting two
// texts become one.
func label(text string) string {
	if len(text) <= longestLabel {
		return text
	}
	return text[:longestLabel-9] + "-" + shortHash(text)[:8]
}

// shortHash is 16 hexadecimal digits of SHA-256.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// dnsLabel is what Kubernetes wants of a Service's name (RFC 1035).
var dnsLabel = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

// dnsNamespace is what it wants of a namespace's (RFC 1123).
var dnsNamespace = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// identity reports what is wrong with the names alone, which is all that
// Rollout, Scale and Delete need.
func (w Workers) identity() []string {
	var wrong []string
	if !dnsLabel.MatchString(w.Name) || len(w.Name) > longestName {
		wrong = append(wrong, fmt.Sprintf("name %q is not a DNS label of at most %d characters", w.Name, longestName))
	}
	if ns := w.namespace(); !dnsNamespace.MatchString(ns) || len(ns) > longestLabel {
		wrong = append(wrong, fmt.Sprintf("namespace %q is not a DNS label of at most %d characters", ns, longestLabel))
	}
	if w.App == "" || w.ModelUUID == "" {
		wrong = append(wrong, "the application and the model's UUID have to be given")
	}
	return wrong
}

// check reports everything that is wrong with w, in one error of kind ErrInvalid.
func (w Workers) check() error {
	wrong := w.identity()
	if w.Image == "" || strings.ContainsAny(w.Image, " \t\n") {
		wrong = append(wrong, fmt.Sprintf("image %q is not an image's name", w.Image))
	}
	if w.Replicas < 0 {
		wrong = append(wrong, fmt.Sprintf("%d workers are fewer than none", w.Replicas))
	}
	if p := w.port(); p < 1 || p > 65535 {
		wrong = append(wrong, fmt.Sprintf("port %d is not between 1 and 65535", p))
	}
	if m := w.memory(); m < leastMemory {
		wrong = append(wrong, fmt.Sprintf("%d MiB of memory are too little for a worker: at least %d", m, leastMemory))
	}
	switch w.serviceType() {
	case "ClusterIP", "NodePort", "LoadBalancer":
	default:
		wrong = append(wrong, fmt.Sprintf("service type %q is none of ClusterIP, NodePort, LoadBalancer", w.ServiceType))
	}
	return w.invalid(wrong)
}

func (w Workers) invalid(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	return &Error{ErrInvalid, fmt.Sprintf("cannot describe the workers %q: %s", w.Name, strings.Join(wrong, "; "))}
}
