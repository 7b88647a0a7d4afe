package kube

// The pods that are workers.

import (
	"encoding/json"
	"fmt"
)

// statefulSet gives the workers stable names. They need no order among
// themselves, so they start and stop all at once; a change still rolls one by
// one.
func (w Workers) statefulSet(secret string) (Object, error) {
	template := map[string]any{
		"metadata": map[string]any{"labels": w.labels()},
		"spec":     w.podSpec(secret),
	}
	content, err := json.Marshal(template)
	if err != nil {
		return nil, fmt.Errorf("cannot write the pod template of %s: %w", w.Name, err)
	}
	o := w.object(statefulSets, w.Name)
	o["metadata"].(map[string]any)["annotations"] = map[string]any{RevisionAnnotation: shortHash(string(content))}
	o["spec"] = map[string]any{
		"replicas":            w.Replicas,
		"serviceName":         w.headless(),
		"podManagementPolicy": "Parallel",
		"updateStrategy":      map[string]any{"type": "RollingUpdate"},
		"selector":            map[string]any{"matchLabels": w.selector()},
		"template":            template,
	}
	return o, nil
}

func (w Workers) podSpec(secret string) map[string]any {
	spec := map[string]any{
		"automountServiceAccountToken": false,
		"enableServiceLinks":           false,
		// Time to stop tasks (5 s each way by default) and to leave the group.
		"terminationGracePeriodSeconds": 60,
		"securityContext":               w.podSecurity(),
		"containers":                    []any{w.container()},
		"volumes": []any{map[string]any{
			"name":   "config",
			"secret": map[string]any{"secretName": secret},
		}},
		"topologySpreadConstraints": []any{map[string]any{
			"maxSkew":           1,
			"topologyKey":       "kubernetes.io/hostname",
			"whenUnsatisfiable": "ScheduleAnyway",
			"labelSelector":     map[string]any{"matchLabels": w.selector()},
		}},
	}
	return spec
}

// podSecurity is Kubernetes' "restricted" standard, except that an image whose
// user is unknown may run as root: the original's does.
func (w Workers) podSecurity() map[string]any {
	security := map[string]any{"seccompProfile": map[string]any{"type": "RuntimeDefault"}}
	if w.Profile.User != 0 {
		security["runAsNonRoot"] = true
		security["runAsUser"] = w.Profile.User
	}
	return security
}

func (w Workers) container() map[string]any {
	dir := w.Profile.configDir()
	c := map[string]any{
		"name":  containerName,
		"image": w.Image,
		"env":   w.env(),
		"ports": []any{map[string]any{"name": "rest", "protocol": "TCP", "containerPort": w.port()}},
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "100m", "memory": w.memoryQuantity()},
			"limits":   map[string]any{"memory": w.memoryQuantity()},
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
		},
		"volumeMounts":   []any{map[string]any{"name": "config", "mountPath": dir, "readOnly": true}},
		"startupProbe":   w.probe(2, 5, 150),  // five minutes to start
		"readinessProbe": w.probe(5, 5, 3),    //
		"livenessProbe":  w.probe(20, 10, 15), // five minutes: a rebalance may keep it busy for one
	}
	if len(w.Profile.Command) > 0 {
		command := make([]any, 0, len(w.Profile.Command)+1)
		for _, word := range w.Profile.Command {
			command = append(command, word)
		}
		c["command"] = append(command, dir+"/"+properFile)
	}
	return c
}

// env sets the heap; for Kafka's own scripts a folder for logs that any user may
// write to; and where the worker can be told its name, that name, of which the
// cluster's domain is left to the resolver.
func (w Workers) env() []any {
	env := []any{map[string]any{
		"name":  "KAFKA_HEAP_OPTS",
		"value": fmt.Sprintf("-Xmx%dm", w.memory()*heapPercent/100),
	}}
	if len(w.Profile.Command) > 0 {
		env = append(env, map[string]any{"name": "LOG_DIR", "value": "/tmp"})
	}
	if w.advertises() {
		env = append(env,
			map[string]any{"name": "POD_NAME", "valueFrom": map[string]any{
				"fieldRef": map[string]any{"apiVersion": "v1", "fieldPath": "metadata.name"}}},
			map[string]any{"name": hostEnv, "value": fmt.Sprintf("$(POD_NAME).%s.%s.svc", w.headless(), w.namespace())})
	}
	return env
}

// memoryQuantity is spelt as the API server would spell it: a whole number of
// gibibytes is written as such.
func (w Workers) memoryQuantity() string {
	if m := w.memory(); m%1024 != 0 {
		return fmt.Sprintf("%dMi", m)
	}
	return fmt.Sprintf("%dGi", w.memory()/1024)
}

func (w Workers) probe(period, timeout, failures int) map[string]any {
	return map[string]any{
		"httpGet":          map[string]any{"path": w.Profile.probePath(), "port": "rest", "scheme": "HTTP"},
		"periodSeconds":    period,
		"timeoutSeconds":   timeout,
		"failureThreshold": failures,
	}
}
