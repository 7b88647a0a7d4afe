package workers

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// deployer is Kubernetes reached through the kubernetes-deployer relation: we
// write manifests into our unit's data, that charm applies them and answers with
// the objects' status and its nodes' addresses, both JSON-encoded.
type deployer struct {
	unit *Unit
}

// apply writes the request. Every value is JSON, as that interface has it.
func (d *deployer) apply(ctx context.Context, w kube.Workers) (changed bool, err error) {
	resources, err := w.DeployerResources()
	if err != nil {
		return false, outcome(err)
	}
	return d.publish(ctx, resources)
}

// publish writes what that charm is to apply.
func (d *deployer) publish(ctx context.Context, resources []map[string]any) (changed bool, err error) {
	request := map[string]any{
		"resource":   resources,
		"uuid":       deployerUUID(d.unit.ModelUUID(), d.unit.Application()),
		"model_uuid": d.unit.ModelUUID(),
		"juju_unit":  d.unit.Application(), // the application's name, in spite of the key
	}
	relations, err := d.unit.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return false, err
	}
	for _, relation := range relations {
		own, err := relation.Own(ctx)
		if err != nil {
			return false, err
		}
		for key, value := range request {
			text, err := json.Marshal(value)
			if err != nil {
				return false, fmt.Errorf("cannot encode %s for the relation %q: %w", key, DeployerEndpoint, err)
			}
			changed = changed || own[key] != string(text)
			relation.Set(key, string(text))
		}
	}
	return changed, nil
}

// deployerUUID is the label by which that charm finds what it applied for us.
func deployerUUID(modelUUID, app string) string {
	sum := md5.Sum([]byte(modelUUID + app))
	return hex.EncodeToString(sum[:])
}

// object is what is read of a Kubernetes object, ours or one in the answer.
type object struct {
	Kind     string
	Metadata struct {
		Name        string
		Generation  int64
		Annotations map[string]string
	}
	Spec struct {
		Replicas *int
		Ports    []struct{ NodePort int }
		Template struct {
			Metadata struct{ Annotations map[string]string }
			Spec     struct{ Containers []struct{ Image string } }
		}
	}
	Status struct {
		ObservedGeneration                       int64
		Replicas, ReadyReplicas, UpdatedReplicas int
	}
}

// made tells two workloads apart by what their pods are made from, and how many
// there are to be: an answer may be about an earlier request.
func (o object) made() string {
	text := o.Spec.Template.Metadata.Annotations[kube.RevisionAnnotation]
	for _, container := range o.Spec.Template.Spec.Containers {
		text += " " + container.Image
	}
	if o.Spec.Replicas != nil {
		text += fmt.Sprintf(" %d", *o.Spec.Replicas)
	}
	return text
}

// answer reads what the deployer wrote: objects and nodes. An error that it
// reports is a blocked outcome; nothing yet, or nonsense, a waiting one.
func (d *deployer) answer(ctx context.Context) (objects []object, nodes []string, err error) {
	relations, err := d.unit.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return nil, nil, err
	}
	for _, relation := range relations {
		units, err := relation.Units(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range units {
			data, err := relation.Get(ctx, name)
			if err != nil {
				return nil, nil, err
			}
			if data["status"] == "" {
				continue
			}
			return readAnswer(name, data)
		}
	}
	return nil, nil, reactive.Waiting("waiting for the charm at the relation %q to apply the workers", DeployerEndpoint)
}

func readAnswer(unit string, data map[string]string) (objects []object, nodes []string, err error) {
	var failed struct{ Error any }
	if json.Unmarshal([]byte(data["status"]), &failed) == nil && failed.Error != nil {
		return nil, nil, reactive.Blocked("%s could not apply the workers: %v", unit, failed.Error)
	}
	if err := json.Unmarshal([]byte(data["status"]), &objects); err != nil {
		return nil, nil, reactive.Waiting("%s wrote a status that cannot be read (%v): see its log", unit, err)
	}
	if text := data["workers"]; text != "" {
		if err := json.Unmarshal([]byte(text), &nodes); err != nil {
			return nil, nil, reactive.Waiting("%s wrote node addresses that cannot be read (%v): see its log", unit, err)
		}
	}
	return objects, nodes, nil
}

func (d *deployer) rollout(ctx context.Context, w kube.Workers) (kube.Rollout, error) {
	wanted, err := workload(w)
	if err != nil {
		return kube.Rollout{}, err
	}
	objects, _, err := d.answer(ctx)
	if err != nil {
		return kube.Rollout{}, err
	}
	for _, o := range objects {
		if o.Kind != wanted.Kind || o.Metadata.Name != w.Name {
			continue
		}
		r := kube.Rollout{
			Exists: true, Current: o.made() == wanted.made(),
			Replicas: o.Status.Replicas, Updated: o.Status.UpdatedReplicas, Ready: o.Status.ReadyReplicas,
		}
		r.Done = r.Current && o.Status.ObservedGeneration >= o.Metadata.Generation &&
			r.Updated == w.Replicas && r.Ready == w.Replicas && r.Replicas == w.Replicas
		r.Message = fmt.Sprintf("%d of %d workers are ready", min(r.Ready, w.Replicas), w.Replicas)
		return r, nil
	}
	return kube.Rollout{}, reactive.Waiting("waiting for the charm at the relation %q to apply the workers", DeployerEndpoint)
}

// workload is the Deployment we ask for, read back as the answer will be.
func workload(w kube.Workers) (object, error) {
	resources, err := w.DeployerResources()
	if err != nil {
		return object{}, outcome(err)
	}
	for _, resource := range resources {
		var o object
		text, err := json.Marshal(resource)
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		if err != nil {
			return object{}, fmt.Errorf("cannot read our own manifest: %w", err)
		}
		if o.Kind == "Deployment" {
			return o, nil
		}
	}
	return object{}, fmt.Errorf("cannot find the workload among our own manifests")
}

// scale changes the request that stands, whatever else is wanted by now.
func (d *deployer) scale(ctx context.Context, _ kube.Workers, replicas int) error {
	relations, err := d.unit.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		own, err := relation.Own(ctx)
		if err != nil {
			return err
		}
		var resources []map[string]any
		if own["resource"] == "" {
			continue
		}
		if err := json.Unmarshal([]byte(own["resource"]), &resources); err != nil {
			return fmt.Errorf("cannot read our own request on the relation %q: %w", DeployerEndpoint, err)
		}
		for _, resource := range resources {
			if spec, is := resource["spec"].(map[string]any); is && resource["kind"] == "Deployment" {
				spec["replicas"] = replicas
			}
		}
		text, err := json.Marshal(resources)
		if err != nil {
			return fmt.Errorf("cannot encode our request for the relation %q: %w", DeployerEndpoint, err)
		}
		relation.Set("resource", string(text))
	}
	return nil
}

// remove takes the request back; the other charm then deletes what it applied.
func (d *deployer) remove(ctx context.Context, _ kube.Workers) error {
	return d.unit.withdraw(ctx)
}

// rest gives every node's address with the Service's port: a node that is down is passed over.
func (d *deployer) rest(ctx context.Context, w kube.Workers) ([]string, http.RoundTripper, error) {
	objects, nodes, err := d.answer(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range objects {
		if o.Kind != "Service" || o.Metadata.Name != w.Name || len(o.Spec.Ports) == 0 || o.Spec.Ports[0].NodePort == 0 {
			continue
		}
		var urls []string
		for _, node := range nodes {
			urls = append(urls, "http://"+net.JoinHostPort(node, fmt.Sprint(o.Spec.Ports[0].NodePort)))
		}
		if len(urls) > 0 {
			return urls, nil, nil
		}
	}
	return nil, nil, reactive.Waiting("waiting for the charm at the relation %q to say the workers' address", DeployerEndpoint)
}

func (d *deployer) service(ctx context.Context, w kube.Workers) ([]string, error) {
	urls, _, err := d.rest(ctx, w)
	return urls, err
}

// wakes: relation data does not change within a hook; the answer brings a hook of its own.
func (d *deployer) wakes() bool { return false }
