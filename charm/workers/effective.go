package workers

// What the workers are told, and who said so.

import (
	"context"
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// Property is one line of the workers' configuration.
type Property struct {
	Key   string   `json:"key"`
	Value string   `json:"value"`          // hidden where it may be a secret
	From  string   `json:"from"`           // who said so: "option worker-config, line 3"
	Over  []string `json:"over,omitempty"` // who said otherwise and did not win
}

// The sources of properties, beside single lines of the option worker-config.
const (
	fromBase  = "base layer"
	fromUpper = "upper layer"
	fromPods  = "base layer, for the workers' pods"
	fromKafka = "relation kafka"

	fromFormer = "the former charm's workers"
)

// WorkerConfig is what the workers should be told now, sorted by key, with
// secrets hidden; current says whether it is what was last handed to Kubernetes.
// It asks Juju only. Leader only.
func (u *Unit) WorkerConfig(ctx context.Context) (properties []Property, current bool, err error) {
	if err := u.mustLead(ctx); err != nil {
		return nil, false, err
	}
	w, err := u.Wanted(ctx)
	if err != nil {
		return nil, false, err
	}
	m, err := u.recall(ctx)
	if err != nil {
		return nil, false, err
	}
	layer, err := u.layerConfig(ctx, m)
	if err != nil {
		return nil, false, err
	}
	config, err := u.Config(ctx)
	if err != nil {
		return nil, false, err
	}
	access, err := u.Access(ctx)
	if err != nil {
		return nil, false, err
	}
	all := w.AllProperties()
	if access == ByRelation {
		all = w.DeployerProperties()
	}
	origins := sources(layer, config.String("worker-config"), config.String("group-id"))
	if m.Former != nil && m.Former.Group == w.Properties["group.id"] && config.String("group-id") == "" {
		origins["group.id"] = []string{fromFormer}
	}
	shown := connect.Hide(all)
	for _, key := range sortedKeys(all) {
		said := origins[key]
		if value, known := w.Properties[key]; !known || value != all[key] { // a list of theirs may have got one more entry
			said = append([]string{fromPods}, said...)
		}
		properties = append(properties, Property{Key: key, Value: shown[key], From: said[0], Over: said[1:]})
	}
	return properties, m.Deployed == fingerprint(w), nil
}

// sources says for each key who set it, the winner first: the order of
// [properties], backwards.
func sources(layer map[string]string, option, group string) map[string][]string {
	from := map[string][]string{}
	win := func(key, who string) { from[key] = append([]string{who}, from[key]...) }
	for key := range defaults() {
		win(key, fromBase)
	}
	for key := range layer {
		win(key, fromUpper)
	}
	for number, line := range strings.Split(option, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		key, _, _ := strings.Cut(line, "=")
		win(strings.TrimSpace(key), fmt.Sprintf("option worker-config, line %d", number+1))
	}
	for _, key := range []string{"config.storage.topic", "offset.storage.topic", "status.storage.topic"} {
		from[key] = []string{fromBase}
	}
	from["bootstrap.servers"] = []string{fromKafka}
	from["group.id"] = []string{fromBase}
	if strings.TrimSpace(group) != "" {
		from["group.id"] = []string{"option group-id"}
	}
	return from
}
