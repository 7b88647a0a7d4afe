package kubetest

// The script itself.

import (
	"fmt"
	"net/http"
)

const (
	namespacePath = "/api/v1/namespaces/" + ScriptNamespace
	setsPath      = "/apis/apps/v1/namespaces/" + ScriptNamespace + "/statefulsets"
	webPath       = setsPath + "/web"
	secretsPath   = namespacePath + "/secrets"
	servicesPath  = namespacePath + "/services"
	asCharm       = "?fieldManager=charm"
	asEditor      = "?fieldManager=kubectl-edit"
)

func step0(name, method, path, body string) step {
	s := step{name: name, method: method, path: path, body: body, header: map[string]string{}}
	if body != "" {
		s.header["Content-Type"] = "application/json"
	}
	return s
}

// patchStep is a PATCH of a type: apply-patch+yaml, merge-patch+json.
func patchStep(name, how, path, body string) step {
	s := step0(name, http.MethodPatch, path, body)
	s.header["Content-Type"] = "application/" + how
	return s
}

func (s step) as(user string) step {
	s.header["Impersonate-User"] = user
	return s
}

func (s step) with(header, value string) step {
	s.header[header] = value
	return s
}

func (s step) learns(name string) step {
	s.learn = name
	return s
}

// set is a StatefulSet without pods, so that no controller has a part in it.
func set(replicas, more string) string {
	return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"%s},"spec":{"replicas":%s,"serviceName":"web",
"podManagementPolicy":"Parallel","selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{
"nodeSelector":{"no-such":"node"},"containers":[{"name":"c","image":"x:1","ports":[{"name":"rest","containerPort":8083,"protocol":"TCP"}],
"readinessProbe":{"httpGet":{"path":"/","port":"rest"}},"resources":{"limits":{"memory":"1024Mi"}}}],
"volumes":[{"name":"v","secret":{"secretName":"s"}}]}}}}`, more, replicas)
}

const (
	labelled  = `,"labels":{"owner":"me","more":"x"}`
	lessLabel = `,"labels":{"owner":"me"}`
	secret    = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","labels":{"owner":"me"}},"immutable":true,"data":{"a":"%s"}}`
	apply     = "apply-patch+yaml"
	merge     = "merge-patch+json"
)

func scriptSteps() []step {
	steps := []step{
		step0("make the namespace", "POST", "/api/v1/namespaces"+asCharm,
			`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+ScriptNamespace+`"}}`),
		step0("make it again", "POST", "/api/v1/namespaces"+asCharm,
			`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+ScriptNamespace+`"}}`),
		patchStep("apply into a namespace that is not there", apply, "/api/v1/namespaces/no-such/secrets/s"+asCharm, fmt.Sprintf(secret, "YQ==")),
		step0("get what is not there", "GET", webPath, ""),
		step0("list before", "GET", setsPath, "").learns("start"),
	}
	steps = append(steps, applySteps()...)
	steps = append(steps, refusalSteps()...)
	steps = append(steps, serviceSteps()...)
	steps = append(steps, accessSteps()...)
	return append(steps, endSteps()...)
}

func applySteps() []step {
	return []step{
		patchStep("apply creates", apply, webPath+asCharm, set("0", labelled)).learns("web"),
		patchStep("apply the same", apply, webPath+asCharm, set("0", labelled)),
		patchStep("apply without one label", apply, webPath+asCharm, set("0", lessLabel)),
		patchStep("apply with an annotation", apply, webPath+asCharm, set("0", lessLabel+`,"annotations":{"a":"b"}`)),
		patchStep("apply as another, another field", apply, webPath+"?fieldManager=other",
			`{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},"spec":{"minReadySeconds":1}}`),
		patchStep("edit a field that cannot change", merge, webPath+asEditor, `{"spec":{"podManagementPolicy":null,"minReadySeconds":2}}`),
		patchStep("edit a field of the charm", merge, webPath+asEditor, `{"metadata":{"annotations":{"a":"c"}}}`),
		patchStep("apply into a conflict", apply, webPath+asCharm, set("0", lessLabel+`,"annotations":{"a":"b"}`)),
		patchStep("apply what the other has set", apply, webPath+asCharm, set("0", lessLabel+`,"annotations":{"a":"c"}`)),
		patchStep("edit a field away", merge, webPath+asEditor, `{"metadata":{"labels":{"owner":null}}}`),
		patchStep("apply it back", apply, webPath+asCharm, set("0", lessLabel+`,"annotations":{"a":"c"}`)),
		step0("get it", "GET", webPath, "").learns("now"),
	}
}

func refusalSteps() []step {
	return []step{
		patchStep("negative replicas", apply, webPath+asCharm, set("-4", lessLabel)),
		patchStep("another selector", merge, webPath+asEditor, `{"spec":{"selector":{"matchLabels":{"app":"other"}}}}`),
		patchStep("an unknown field", apply, webPath+asCharm, `{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},"spec":{"replicaz":1}}`),
		patchStep("apply without a manager", apply, webPath, set("0", "")),
		patchStep("apply another name", apply, webPath+asCharm, `{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"other"}}`),
		patchStep("apply another kind", apply, webPath+asCharm, fmt.Sprintf(secret, "YQ==")),
		patchStep("apply another object's uid", apply, webPath+asCharm, set("0", `,"uid":"00000000-0000-0000-0000-000000000000"`)),
		patchStep("apply a uid where there is nothing", apply, setsPath+"/gone"+asCharm,
			`{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"gone","uid":"00000000-0000-0000-0000-000000000000"}}`),
		patchStep("edit an old version", merge, webPath+asEditor, `{"metadata":{"resourceVersion":"1","labels":{"x":"y"}}}`),
		step0("create what exists", "POST", setsPath+asCharm, set("0", "")),
		patchStep("an immutable secret", apply, secretsPath+"/s"+asCharm, fmt.Sprintf(secret, "YQ==")),
		patchStep("the same secret", apply, secretsPath+"/s"+asCharm, fmt.Sprintf(secret, "YQ==")),
		patchStep("another content", apply, secretsPath+"/s"+asCharm, fmt.Sprintf(secret, "Yg==")),
		patchStep("a secret that is no base64", apply, secretsPath+"/t"+asCharm, `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"t"},"data":{"a":"?"}}`),
		patchStep("a name that is none", apply, secretsPath+"/UPPER"+asCharm, `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"UPPER"}}`),
	}
}

func serviceSteps() []step {
	service := func(name, spec string) string {
		return `{"apiVersion":"v1","kind":"Service","metadata":{"name":"` + name + `"},"spec":{` + spec +
			`"selector":{"app":"web"},"ports":[{"name":"rest","port":8083,"targetPort":"rest","protocol":"TCP"}]}}`
	}
	return []step{
		patchStep("a headless service", apply, servicesPath+"/headless"+asCharm, service("headless", `"clusterIP":"None","publishNotReadyAddresses":true,`)),
		patchStep("a service", apply, servicesPath+"/web"+asCharm, service("web", "")),
		patchStep("the same service", apply, servicesPath+"/web"+asCharm, service("web", "")),
		patchStep("with a node port", apply, servicesPath+"/web"+asCharm, service("web", `"type":"NodePort",`)),
		patchStep("without again", apply, servicesPath+"/web"+asCharm, service("web", `"type":"ClusterIP",`)),
		patchStep("of no known type", apply, servicesPath+"/web"+asCharm, service("web", `"type":"Ingress",`)),
		step0("the proxy to no pod", "GET", servicesPath+"/web:8083/proxy/connectors", ""),
		step0("the proxy to another port", "GET", servicesPath+"/web:1/proxy/", ""),
		step0("the proxy to no service", "GET", servicesPath+"/gone:8083/proxy/", ""),
		patchStep("a budget", apply, "/apis/policy/v1/namespaces/"+ScriptNamespace+"/poddisruptionbudgets/web"+asCharm,
			`{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"web"},"spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"web"}}}}`),
		patchStep("a network policy", apply, "/apis/networking.k8s.io/v1/namespaces/"+ScriptNamespace+"/networkpolicies/web"+asCharm,
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"web"},"spec":{"podSelector":{},"ingress":[{"from":[{"podSelector":{}}],"ports":[{"port":8083}]}]}}`),
	}
}

func accessSteps() []step {
	const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	return []step{
		step0("nobody gets", "GET", webPath, "").as("kubetest-nobody"),
		step0("nobody lists", "GET", secretsPath, "").as("kubetest-nobody"),
		patchStep("nobody applies", apply, webPath+asCharm, set("0", "")).as("kubetest-nobody"),
		step0("nobody makes a namespace", "POST", "/api/v1/namespaces", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"}}`).as("kubetest-nobody"),
		step0("nobody goes through the proxy", "PUT", servicesPath+"/web:8083/proxy/connectors/x/config", "{}").as("kubetest-nobody"),
		step0("a token that is not known", "GET", webPath, "").with("Authorization", "Bearer nonsense"),
		step0("list by label", "GET", secretsPath+"?labelSelector=owner%3Dme", "").with("Accept", metadataOnly),
		step0("list by another label", "GET", secretsPath+"?labelSelector=owner%3Dyou", "").with("Accept", metadataOnly),
		step0("a selector that is none", "GET", secretsPath+"?labelSelector=%21%21", ""),
	}
}

func endSteps() []step {
	del := func(name, path, options string) step { return step0(name, http.MethodDelete, path, options) }
	return []step{
		del("delete another object", webPath, `{"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}}`),
		del("delete it", webPath, `{"propagationPolicy":"Background","preconditions":{"uid":"${web.uid}"}}`),
		del("delete it again", webPath, ""),
		step0("what a watch saw", "GET", setsPath+"?watch=true&timeoutSeconds=1&resourceVersion=${start.version}&fieldSelector=metadata.name%3Dweb", ""),
		del("delete the namespace", namespacePath, ""),
	}
}
