package kube

// The manifests of a Connect cluster, except for its pods (statefulset.go).

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// Object is one manifest: exactly the fields that are applied.
type Object map[string]any

// Kind returns the manifest's kind, such as "StatefulSet".
func (o Object) Kind() string { return text(o, "kind") }

// Name returns the object's name.
func (o Object) Name() string { return text(o, "metadata", "name") }

// Namespace returns the object's namespace.
func (o Object) Namespace() string { return text(o, "metadata", "namespace") }

// Objects returns the manifests in the order Apply writes them: the pods'
// StatefulSet last, when all it needs is there. It is pure: equal Workers give
// equal objects. The Secret holds the properties, passwords and all.
//
// The error, of kind [ErrInvalid], reports everything that is wrong together.
func (w Workers) Objects() ([]Object, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	secret, err := w.secret()
	if err != nil {
		return nil, err
	}
	objects := []Object{secret, w.headlessService(), w.clientService()}
	if w.NetworkPolicy {
		objects = append(objects, w.networkPolicy())
	}
	set, err := w.statefulSet(secret.Name())
	if err != nil {
		return nil, err
	}
	return append(objects, w.budget(), set), nil
}

// object starts a manifest.
func (w Workers) object(k kind, name string) Object {
	return Object{
		"apiVersion": k.apiVersion,
		"kind":       k.kind,
		"metadata": map[string]any{
			"name":      name,
			"namespace": w.namespace(),
			"labels":    w.labels(),
		},
	}
}

// secret holds the configuration under the name of its content. It cannot be
// changed, so a pod that restarts reads what it read before, and a new content
// is a new pod template: only a real change rolls.
func (w Workers) secret() (Object, error) {
	data, err := w.configData()
	if err != nil {
		return nil, err
	}
	o := w.object(secrets, w.Name+"-"+shortHash(w.configFile()))
	o["type"] = "Opaque"
	o["immutable"] = true
	o["data"] = data
	return o, nil
}

// configData holds the same file twice: under its proper name, and under the
// one the original's image reads ("distributes" is its spelling).
func (w Workers) configData() (map[string]any, error) {
	file := w.configFile()
	if 2*len(file) > largestSecret {
		return nil, w.invalid([]string{fmt.Sprintf("the configuration has %d bytes, a Secret holds half a megabyte of it", len(file))})
	}
	content := base64.StdEncoding.EncodeToString([]byte(file))
	return map[string]any{properFile: content, seedFile: content}, nil
}

const (
	properFile = "connect-distributed.properties"
	seedFile   = "connect-distributes.properties"
	hostEnv    = "CONNECT_ADVERTISED_HOST"
)

// configFile is the workers' configuration as it is mounted.
func (w Workers) configFile() string { return propertiesFile(w.AllProperties()) }

// AllProperties are the workers' configuration with what follows from the other
// fields of w.
func (w Workers) AllProperties() map[string]string {
	properties := maps.Clone(w.Properties)
	if properties == nil {
		properties = map[string]string{}
	}
	w.addListener(properties)
	w.addAdvertisedHost(properties)
	return properties
}

// addListener moves the REST API off its default port. Both spellings are
// written, because the version may be unknown and each is ignored by the Kafka
// that does not know it: rest.port ended with 3.0, listeners came with 1.1 (KIP-208).
func (w Workers) addListener(properties map[string]string) {
	_, listeners := properties["listeners"]
	_, port := properties["rest.port"]
	if w.port() == defaultPort || listeners || port {
		return
	}
	properties["listeners"] = fmt.Sprintf("http://:%d", w.port())
	properties["rest.port"] = strconv.Itoa(w.port())
}

// addAdvertisedHost tells each worker its own name under the headless Service,
// by a configuration provider of its own that can read that one variable
// (KIP-887, Kafka 3.5). Before that a worker advertises its pod's address,
// which Connect finds by itself.
func (w Workers) addAdvertisedHost(properties map[string]string) {
	if !w.advertises() {
		return
	}
	const provider = "pod"
	if others := properties["config.providers"]; others != "" {
		properties["config.providers"] = others + "," + provider
	} else {
		properties["config.providers"] = provider
	}
	prefix := "config.providers." + provider
	properties[prefix+".class"] = "org.apache.kafka.common.config.provider.EnvVarConfigProvider"
	properties[prefix+".param.allowlist.pattern"] = hostEnv
	properties["rest.advertised.host.name"] = "${" + provider + ":" + hostEnv + "}"
}

func (w Workers) advertises() bool {
	_, given := w.Properties["rest.advertised.host.name"]
	return !given && !w.nameless && w.Profile.Kafka.AtLeast(3, 5)
}

// headlessService gives each worker a name. Workers forward requests to each
// other before they are ready, so the names have to resolve by then.
func (w Workers) headlessService() Object {
	o := w.object(services, w.headless())
	o["spec"] = map[string]any{
		"clusterIP":                "None",
		"publishNotReadyAddresses": true,
		"selector":                 w.selector(),
		"ports":                    []any{w.servicePort()},
	}
	return o
}

func (w Workers) clientService() Object {
	o := w.object(services, w.Name)
	o["spec"] = map[string]any{
		"type":     w.serviceType(),
		"selector": w.selector(),
		"ports":    []any{w.servicePort()},
	}
	return o
}

func (w Workers) servicePort() map[string]any {
	return map[string]any{"name": "rest", "protocol": "TCP", "port": w.port(), "targetPort": "rest"}
}

// budget lets a node be drained one worker at a time.
func (w Workers) budget() Object {
	o := w.object(budgets, w.Name)
	o["spec"] = map[string]any{
		"maxUnavailable": 1,
		"selector":       map[string]any{"matchLabels": w.selector()},
	}
	return o
}

func (w Workers) networkPolicy() Object {
	from := []any{map[string]any{"podSelector": map[string]any{}}}
	if w.Model != "" && w.Model != w.namespace() {
		from = append(from, map[string]any{"namespaceSelector": map[string]any{
			"matchLabels": map[string]any{"kubernetes.io/metadata.name": w.Model},
		}})
	}
	o := w.object(networkPolicies, w.Name)
	o["spec"] = map[string]any{
		"podSelector": map[string]any{"matchLabels": w.selector()},
		"policyTypes": []any{"Ingress"},
		"ingress": []any{map[string]any{
			"from":  from,
			"ports": []any{map[string]any{"protocol": "TCP", "port": w.port()}},
		}},
	}
	return o
}

// normal returns the object as its JSON reads back, so that it can be compared
// with what the API server answers.
func (o Object) normal() (Object, []byte, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the manifest of %s %s: %w", o.Kind(), o.Name(), err)
	}
	var n Object
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, nil, fmt.Errorf("cannot read the manifest of %s %s back: %w", o.Kind(), o.Name(), err)
	}
	return n, body, nil
}

// field walks into nested objects; nil when there is nothing.
func field(from any, path ...string) any {
	for _, key := range path {
		switch m := from.(type) {
		case map[string]any:
			from = m[key]
		case Object:
			from = m[key]
		default:
			return nil
		}
	}
	return from
}

func text(from any, path ...string) string {
	s, _ := field(from, path...).(string)
	return s
}

func number(from any, path ...string) int {
	switch n := field(from, path...).(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 0
}
