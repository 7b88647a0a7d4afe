// Package deployertest plays the charm at the other end of a kubernetes-deployer
// relation: it applies the manifests that units publish, as kubectl apply does, runs a
// worker for every replica of a Deployment, and answers with the objects and its
// node's address.
//
// It keeps what it applied until Close, also what nobody asks for any more: that charm
// only ever applies, and deletes by label when the relation goes.
package deployertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// Worker is a running replica.
type Worker interface {
	Addr() string // host:port of its REST API
	Stop()
}

// Start starts a replica of the Deployment of that name with the properties that are mounted into it.
type Start func(deployment string, properties map[string]string) (Worker, error)

// Deployer is the other charm. It is not safe for concurrent use.
type Deployer struct {
	remote  *charmtest.RemoteApp
	unit    string
	start   Start
	objects map[string]map[string]any // by kind/name, as last applied
	made    map[string]any            // by Deployment: the pod template its workers run
	workers map[string][]Worker       // by Deployment
	ages    map[string]int            // by kind/name: generation
}

// New plays the unit (deployer/0) of a remote application.
func New(remote *charmtest.RemoteApp, unit string, start Start) *Deployer {
	return &Deployer{remote, unit, start, map[string]map[string]any{}, map[string]any{}, map[string][]Worker{}, map[string]int{}}
}

// Close stops all workers.
func (d *Deployer) Close() {
	for name := range d.workers {
		d.scale(name, nil, 0) //nolint:errcheck // stopping gives no error
	}
}

// Workers is how many replicas of a Deployment run.
func (d *Deployer) Workers(deployment string) int { return len(d.workers[deployment]) }

// Running are the Deployments that have replicas, sorted.
func (d *Deployer) Running() (names []string) {
	for name, workers := range d.workers {
		if len(workers) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Apply applies what units publish, each unit's relation data in turn, and answers. Two
// units that want one object otherwise fight, as they would with the real one.
func (d *Deployer) Apply(published ...map[string]string) error {
	var asked []string
	for _, data := range published {
		if data["resource"] == "" {
			continue
		}
		var resources []map[string]any
		if err := json.Unmarshal([]byte(data["resource"]), &resources); err != nil {
			return fmt.Errorf("cannot read what is published: %w", err)
		}
		for _, o := range resources {
			asked = append(asked, d.keep(o))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.objects)) {
		if name, is := strings.CutPrefix(key, "Deployment/"); is {
			if err := d.roll(name); err != nil {
				return err
			}
		}
	}
	return d.answer(asked)
}

func (d *Deployer) keep(o map[string]any) string {
	metadata, _ := o["metadata"].(map[string]any)
	key := fmt.Sprintf("%v/%v", o["kind"], metadata["name"])
	if !reflect.DeepEqual(d.objects[key], o) {
		d.ages[key]++
		d.objects[key] = o
	}
	return key
}

// roll makes a Deployment's workers what it says: as many, and made from its template.
func (d *Deployer) roll(name string) error {
	o := d.objects["Deployment/"+name]
	replicas, _ := walk(o, "spec", "replicas").(float64)
	template := walk(o, "spec", "template")
	if !reflect.DeepEqual(d.made[name], template) {
		if err := d.scale(name, nil, 0); err != nil {
			return err
		}
		d.made[name] = template
	}
	return d.scale(name, template, int(replicas))
}

func (d *Deployer) scale(name string, template any, n int) error {
	for len(d.workers[name]) > n {
		last := len(d.workers[name]) - 1
		d.workers[name][last].Stop()
		d.workers[name] = d.workers[name][:last]
	}
	for len(d.workers[name]) < n {
		properties, err := d.mounted(template)
		if err != nil {
			return err
		}
		w, err := d.start(name, properties)
		if err != nil {
			return err
		}
		d.workers[name] = append(d.workers[name], w)
	}
	return nil
}

// mounted reads the properties in the ConfigMap or Secret that is a volume of the pods.
func (d *Deployer) mounted(template any) (map[string]string, error) {
	volumes, _ := walk(template, "spec", "volumes").([]any)
	for _, volume := range volumes {
		files := map[string][]byte{}
		if name, is := walk(volume, "configMap", "name").(string); is {
			data, _ := walk(d.objects["ConfigMap/"+name], "data").(map[string]any)
			for file, content := range data {
				files[file] = []byte(fmt.Sprint(content))
			}
		}
		if name, is := walk(volume, "secret", "secretName").(string); is {
			data, _ := walk(d.objects["Secret/"+name], "data").(map[string]any)
			for file, content := range data {
				decoded, err := base64.StdEncoding.DecodeString(fmt.Sprint(content))
				if err != nil {
					return nil, fmt.Errorf("cannot read the Secret %s: %w", name, err)
				}
				files[file] = decoded
			}
		}
		if old, is := files["connect-distributes.properties"]; is { // the original's spelling
			return world.Mounted(map[string][]byte{"connect-distributed.properties": old})
		}
	}
	return nil, fmt.Errorf("cannot start a worker: no properties are mounted into it")
}

// answer says what became of what was asked for.
func (d *Deployer) answer(asked []string) error {
	status := []map[string]any{}
	for _, key := range asked {
		o := d.live(key)
		status = append(status, o)
	}
	text, err := json.Marshal(status)
	if err != nil {
		return err
	}
	return d.remote.SetUnitData(d.unit, map[string]string{"status": string(text), "workers": `["127.0.0.1"]`})
}

// live is an object as kubectl get shows it.
func (d *Deployer) live(key string) map[string]any {
	o := clone(d.objects[key])
	metadata, _ := o["metadata"].(map[string]any)
	metadata["generation"] = d.ages[key]
	spec, _ := o["spec"].(map[string]any)
	switch o["kind"] {
	case "Deployment":
		n := d.Workers(fmt.Sprint(metadata["name"]))
		o["status"] = map[string]any{"observedGeneration": d.ages[key]}
		if n > 0 { // Kubernetes leaves zeros out
			o["status"] = map[string]any{"observedGeneration": d.ages[key], "replicas": n, "readyReplicas": n, "updatedReplicas": n, "availableReplicas": n}
		}
	case "Service":
		if ports, _ := spec["ports"].([]any); len(ports) > 0 {
			ports[0].(map[string]any)["nodePort"] = d.port(walk(spec, "selector"))
		}
	}
	return o
}

// port is where a worker of the selected Deployment listens on the one node.
func (d *Deployer) port(selector any) int {
	wanted, _ := selector.(map[string]any)
	for name, workers := range d.workers {
		labels, _ := walk(d.made[name], "metadata", "labels").(map[string]any)
		fits := true
		for key, value := range wanted {
			fits = fits && labels[key] == value
		}
		if !fits || len(workers) == 0 {
			continue
		}
		_, port, err := net.SplitHostPort(workers[0].Addr())
		if n, wrong := strconv.Atoi(port); err == nil && wrong == nil {
			return n
		}
	}
	return 30000
}

func clone(o map[string]any) (copied map[string]any) {
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	if err != nil {
		return map[string]any{}
	}
	return copied
}

func walk(value any, path ...string) any {
	for _, key := range path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	return value
}
