package workers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// A platform is where the workers run and how they are reached.
type platform interface {
	// apply makes the workers what w says and reports whether anything had to change.
	apply(ctx context.Context, w kube.Workers) (changed bool, err error)
	// rollout says how far the workers are. What the platform cannot know yet is a waiting outcome.
	rollout(ctx context.Context, w kube.Workers) (kube.Rollout, error)
	scale(ctx context.Context, w kube.Workers, replicas int) error
	// remove deletes what apply made. Nothing there is no error.
	remove(ctx context.Context, w kube.Workers) error
	// rest gives the URLs of Connect's REST API and how to send requests there (nil: as usual).
	rest(ctx context.Context, w kube.Workers) (urls []string, transport http.RoundTripper, err error)
	// service gives the URLs under which others may reach the REST API.
	service(ctx context.Context, w kube.Workers) ([]string, error)
	// wakes says whether waiting within a hook can show anything new.
	wakes() bool
}

// DeployerEndpoint is the relation over which another charm applies our manifests.
const DeployerEndpoint = "kubernetes"

// The ways to Kubernetes.
const (
	ByKubeconfig     = "kubeconfig"
	ByRelation       = "kubernetes relation"
	ByServiceAccount = "service account"
)

// Access says which way to Kubernetes there is, in the order of those constants;
// "" where there is none.
func (u *Unit) Access(ctx context.Context) (string, error) {
	config, err := u.Config(ctx)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(config.String("kubeconfig")) != "" {
		return ByKubeconfig, nil
	}
	relations, err := u.Relations(ctx, DeployerEndpoint)
	if err != nil {
		return "", err
	}
	for _, relation := range relations {
		if units, err := relation.Units(ctx); err != nil || len(units) > 0 {
			return ByRelation, err
		}
	}
	if _, err := os.Stat(serviceAccountToken); err == nil && u.options.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return ByServiceAccount, nil
	}
	return "", nil
}

// serviceAccountToken is there in the pod of a charm in a Kubernetes model.
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// where opens the platform, once a hook.
func (u *Unit) where(ctx context.Context) (platform, error) {
	if u.platform != nil {
		return u.platform, nil
	}
	access, err := u.Access(ctx)
	if err != nil {
		return nil, err
	}
	switch access {
	case ByRelation:
		u.platform = &deployer{unit: u}
		return u.platform, nil
	case "":
		return nil, reactive.Blocked("no way to Kubernetes: juju integrate %s:%s with a kubernetes-deployer, or set option kubeconfig", u.Application(), DeployerEndpoint)
	}
	options := kube.Options{InCluster: access == ByServiceAccount, Seam: u.options.Seam, Before: u.mustLead}
	if access == ByKubeconfig {
		text, err := u.kubeconfig(ctx)
		if err != nil {
			return nil, err
		}
		options.Kubeconfig = []byte(text)
	}
	client, err := kube.Connect(options)
	if err != nil {
		return nil, outcome(err)
	}
	u.platform = &direct{client: client, app: u.Application(), inCluster: options.InCluster}
	return u.platform, nil
}

// kubeconfig is the option's text, or the content of the Juju secret it names.
func (u *Unit) kubeconfig(ctx context.Context) (string, error) {
	config, err := u.Config(ctx)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(config.String("kubeconfig"))
	if !strings.HasPrefix(text, "secret:") {
		return text, nil
	}
	content, err := u.Secrets().Get(ctx, text, juju.Refresh)
	if err != nil {
		return "", reactive.Blocked("cannot read the secret that option kubeconfig names: juju grant-secret %s %s", text, u.Application())
	}
	if content["kubeconfig"] == "" {
		return "", reactive.Blocked("the secret that option kubeconfig names has no key \"kubeconfig\"")
	}
	return content["kubeconfig"], nil
}

// direct is Kubernetes reached by our own credentials.
type direct struct {
	client    *kube.Client
	app       string
	inCluster bool
}

// outcome says what to run where a charm that nobody trusted asks by its pod's account, which may
// hardly do anything then.
func (d *direct) outcome(err error) error {
	if d.inCluster && errors.Is(err, kube.ErrForbidden) {
		return reactive.Blocked("not trusted with Kubernetes: juju trust %s --scope=cluster (%v)", d.app, err)
	}
	return outcome(err)
}

func (d *direct) apply(ctx context.Context, w kube.Workers) (bool, error) {
	applied, err := d.client.Apply(ctx, w)
	return len(applied.Changed) > 0, d.outcome(err)
}

func (d *direct) rollout(ctx context.Context, w kube.Workers) (kube.Rollout, error) {
	r, err := d.client.Rollout(ctx, w)
	return r, d.outcome(err)
}

func (d *direct) scale(ctx context.Context, w kube.Workers, replicas int) error {
	return d.outcome(d.client.Scale(ctx, w, replicas))
}

func (d *direct) remove(ctx context.Context, w kube.Workers) error {
	if err := d.client.Delete(ctx, w); err != nil {
		return d.outcome(err)
	}
	return d.outcome(d.client.Forget(ctx, w))
}

func (d *direct) recall(ctx context.Context, w kube.Workers) (map[string]string, error) {
	data, err := d.client.Recall(ctx, w)
	return data, d.outcome(err)
}

func (d *direct) remember(ctx context.Context, w kube.Workers, data map[string]string) error {
	return d.outcome(d.client.Remember(ctx, w, data))
}

func (d *direct) rest(ctx context.Context, w kube.Workers) ([]string, http.RoundTripper, error) {
	url, transport, err := d.client.Transport(ctx, w)
	return []string{url}, transport, d.outcome(err)
}

// service is the Service's name inside the cluster, however we reach it ourselves.
func (d *direct) service(_ context.Context, w kube.Workers) ([]string, error) {
	return []string{fmt.Sprintf("http://%s.%s.svc:%d", w.Name, w.Namespace, w.Port)}, nil
}

func (d *direct) wakes() bool { return true }

// identified gives what finds the workers again and where they are. It works
// with wrong options too, since it needs the namespace only.
func (u *Unit) identified(ctx context.Context) (kube.Workers, platform, error) {
	p, err := u.where(ctx)
	if err != nil {
		return kube.Workers{}, nil, err
	}
	config, err := u.Config(ctx)
	if err != nil {
		return kube.Workers{}, nil, err
	}
	settings, _ := parseSettings(config, u.Application(), u.Model()) // the namespace is read even where others are wrong
	w := u.identity(settings)
	if leads, err := u.IsLeader(ctx); err == nil && leads {
		if m, err := u.recall(ctx); err == nil && m.Namespace != "" {
			w.Namespace = m.Namespace
		}
	}
	return w, p, nil
}

// workersExist says whether this application has workers already.
func (u *Unit) workersExist(ctx context.Context) (bool, error) {
	if access, err := u.Access(ctx); err != nil || access == "" {
		return false, err
	}
	w, p, err := u.identified(ctx)
	if err != nil {
		return false, err
	}
	r, err := p.rollout(ctx, w)
	if isWaiting(err) {
		return false, nil
	}
	return r.Exists, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
