package kube

// How far the cluster has come.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Rollout is the state of the workers as Kubernetes reports it.
type Rollout struct {
	// Exists is false when there is no StatefulSet at all.
	Exists bool
	// Replicas, Updated and Ready count pods: those that exist, those of the
	// newest template, and those whose readiness probe succeeds.
	Replicas, Updated, Ready int
	// Current is true when what was last applied is the Workers asked about,
	// rolled out or not.
	Current bool
	// Done is true when the cluster has seen the Workers asked about (not an
	// earlier version of them), and exactly as many pods as wanted exist, are
	// made from that template, and are ready.
	Done bool
	// Revision is the one last applied; see [Applied].
	Revision string
	// Message is one sentence about what is awaited or what is wrong; empty
	// when Done.
	Message string
}

// Rollout reports how far the cluster has come with w. It only reads. What
// holds a pod up (an image that cannot be pulled, a crash, no node with room)
// is said in Message.
func (c *Client) Rollout(ctx context.Context, w Workers) (Rollout, error) {
	objects, err := w.Objects()
	if err != nil {
		return Rollout{}, err
	}
	live, err := c.getOurs(ctx, w, statefulSets, w.Name)
	if err != nil {
		return Rollout{}, err
	}
	if live == nil {
		return Rollout{Message: "the workers are not deployed yet"}, nil
	}
	r := Rollout{
		Exists:   true,
		Replicas: number(live, "status", "replicas"),
		Updated:  number(live, "status", "updatedReplicas"),
		Ready:    number(live, "status", "readyReplicas"),
		Revision: revision(live),
	}
	switch {
	case r.Revision != revision(objects[len(objects)-1]):
		r.Message = "the workers have another configuration than the wanted one"
	case number(live, "spec", "replicas") != w.Replicas:
		r.Message = fmt.Sprintf("%d workers are wanted, the deployment says %d", w.Replicas, number(live, "spec", "replicas"))
	case rolledOut(live):
		r.Current, r.Done = true, true
	default:
		r.Current = true
		r.Message, err = c.awaited(ctx, w, r)
	}
	return r, err
}

// rolledOut reports whether the StatefulSet controller has finished with what
// the object says now. Ready pods alone do not tell: in the middle of a roll
// they are ready with the old template, and before the controller has looked,
// every figure is about the past.
func rolledOut(set Object) bool {
	if set == nil {
		return false
	}
	wanted := number(set, "spec", "replicas")
	status := field(set, "status")
	return number(status, "observedGeneration") >= number(set, "metadata", "generation") &&
		text(status, "currentRevision") == text(status, "updateRevision") &&
		number(status, "replicas") == wanted &&
		number(status, "updatedReplicas") == wanted &&
		number(status, "readyReplicas") == wanted
}

// awaited says in one sentence why the workers are not there yet.
func (c *Client) awaited(ctx context.Context, w Workers, r Rollout) (string, error) {
	selector := w.ownedBy()
	list, err := c.list(ctx, pods, w.namespace(), selector, false)
	if err != nil {
		return "", err
	}
	for _, pod := range list {
		if trouble := podTrouble(w, pod); trouble != "" {
			return trouble, nil
		}
	}
	if len(list) < w.Replicas {
		trouble, err := c.setTrouble(ctx, w)
		if err != nil || trouble != "" {
			return trouble, err
		}
	}
	if r.Replicas > w.Replicas {
		return fmt.Sprintf("%d workers more than the wanted %d are stopping", r.Replicas-w.Replicas, w.Replicas), nil
	}
	if r.Ready >= w.Replicas {
		return fmt.Sprintf("%d of %d workers have the new configuration", r.Updated, w.Replicas), nil
	}
	return fmt.Sprintf("%d of %d workers are ready", r.Ready, w.Replicas), nil
}

// podTrouble says what keeps one pod from running, or nothing when it is only
// starting.
func podTrouble(w Workers, pod Object) string {
	for _, c := range items(pod, "status", "conditions") {
		if text(c, "type") == "PodScheduled" && text(c, "status") == "False" {
			return fmt.Sprintf("pod %s has no node to run on: %s", pod.Name(), firstLine(text(c, "message")))
		}
	}
	for _, s := range items(pod, "status", "containerStatuses") {
		reason := text(s, "state", "waiting", "reason")
		switch reason {
		case "", "ContainerCreating", "PodInitializing":
		case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
			return fmt.Sprintf("pod %s cannot pull image %s: %s", pod.Name(), text(s, "image"),
				firstLine(cmp.Or(text(s, "state", "waiting", "message"), reason)))
		case "CrashLoopBackOff":
			return fmt.Sprintf("pod %s keeps crashing%s: look at kubectl logs -n %s %s --previous",
				pod.Name(), exit(s), w.namespace(), pod.Name())
		default:
			return fmt.Sprintf("pod %s cannot start: %s: %s", pod.Name(), reason, firstLine(text(s, "state", "waiting", "message")))
		}
	}
	return ""
}

// exit says how the container ended last time.
func exit(containerStatus any) string {
	last := field(containerStatus, "lastState", "terminated")
	if last == nil {
		return ""
	}
	return fmt.Sprintf(" (exit code %d, %s)", number(last, "exitCode"), cmp.Or(text(last, "reason"), "Error"))
}

// setTrouble says why the controller cannot make pods: pod security, quota.
// Only the events tell. An account that may not read them gets no reason, which
// is not worth failing for.
func (c *Client) setTrouble(ctx context.Context, w Workers) (string, error) {
	list, err := c.listBy(ctx, events, w.namespace(), "fieldSelector",
		"involvedObject.kind="+statefulSets.kind+",involvedObject.name="+w.Name+",type=Warning", false)
	if errors.Is(err, ErrForbidden) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var newest Object
	for _, e := range list {
		if newest == nil || eventTime(e) >= eventTime(newest) {
			newest = e
		}
	}
	if newest == nil {
		return "", nil
	}
	return fmt.Sprintf("Kubernetes cannot make the workers' pods: %s", firstLine(text(newest, "message"))), nil
}

// eventTime orders events; RFC 3339 in UTC sorts as text.
func eventTime(e Object) string {
	return cmp.Or(text(e, "lastTimestamp"), text(e, "eventTime"), text(e, "metadata", "creationTimestamp"))
}

func items(from any, path ...string) []any {
	list, _ := field(from, path...).([]any)
	return list
}

func firstLine(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return line
}
