package main

// The controllers, each as the controller manager starts it.

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/kubernetes/pkg/controller/endpoint"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/controller/statefulset"
)

// controllers are all that works on the cluster from beside it.
type controllers struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	kubelet *kubelet
	closers []func()
}

// control is what the controllers are made from.
type control struct {
	config    *rest.Config
	client    *kubernetes.Clientset
	metadata  metadata.Interface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	informers informers.SharedInformerFactory
}

func startControllers(ctx context.Context, api *api, pods *network, engine engine) (*controllers, error) {
	c := &controllers{}
	c.ctx, c.cancel = context.WithCancel(ctx)
	config := api.config()
	k := control{config: config}
	var err error
	if k.client, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cannot make a client: %w", err)
	}
	if k.metadata, err = metadata.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cannot make a client of metadata: %w", err)
	}
	k.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(k.client.Discovery()))
	k.informers = informers.NewSharedInformerFactory(k.client, 0)
	runs := k.workloads(c.ctx)
	more, err := k.households(c.ctx)
	if err != nil {
		return nil, err
	}
	c.kubelet = newKubelet(k.client, k.informers, pods, engine)
	collect, err := k.garbage(c.ctx)
	if err != nil {
		return nil, err
	}
	if err := c.kubelet.register(c.ctx); err != nil {
		return nil, err
	}
	if engine != nil {
		if err := c.offerServices(k.informers, api); err != nil {
			return nil, err
		}
		roots, err := rootcacertpublisher.NewPublisher(k.informers.Core().V1().ConfigMaps(), k.informers.Core().V1().Namespaces(), k.client, []byte(api.keys.ca))
		if err != nil {
			return nil, fmt.Errorf("cannot make the publisher of the API server's certificate: %w", err)
		}
		runs = append(runs, func(ctx context.Context) { roots.Run(ctx, 1) })
	}
	k.informers.Start(c.ctx.Done())
	for _, run := range append(append(runs, more...), collect...) {
		c.running.Go(func() { run(c.ctx) })
	}
	k.informers.WaitForCacheSync(c.ctx.Done())
	return c, nil
}

// stop ends pods first: while they end, somebody has to be there to take note.
func (c *controllers) stop() {
	c.kubelet.stop()
	c.cancel()
	c.running.Wait()
	for _, end := range c.closers {
		end()
	}
}

// offerServices makes Services and names work in the network of the pods.
func (c *controllers) offerServices(i informers.SharedInformerFactory, api *api) error {
	known := newServices(i)
	for _, offer := range []func() (func(), error){
		known.serveDNS,
		func() (func(), error) { return serveClusterIPs(i, known) },
		func() (func(), error) { return forward(apiAddress+":443", api.address) },
	} {
		end, err := offer()
		if err != nil {
			return err
		}
		c.closers = append(c.closers, end)
	}
	return nil
}

// workloads keep pods, and what leads to them.
func (k control) workloads(ctx context.Context) []func(context.Context) {
	apps, core := k.informers.Apps().V1(), k.informers.Core().V1()
	sets := statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(), core.PersistentVolumeClaims(), apps.ControllerRevisions(), k.client)
	replicas := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), k.client, replicaset.BurstReplicas)
	ends := endpoint.NewEndpointController(ctx, core.Pods(), core.Services(), core.Endpoints(), k.client, 0)
	slices := endpointslice.NewController(ctx, core.Pods(), core.Services(), core.Nodes(), k.informers.Discovery().V1().EndpointSlices(), 100, k.client, 0)
	return []func(context.Context){
		func(ctx context.Context) { sets.Run(ctx, 2) },
		func(ctx context.Context) { replicas.Run(ctx, 2) },
		func(ctx context.Context) { ends.Run(ctx, 2) },
		func(ctx context.Context) { slices.Run(ctx, 2) },
	}
}

// households are Deployments, which need pods only by way of others, and what
// namespaces and budgets need.
func (k control) households(ctx context.Context) ([]func(context.Context), error) {
	apps, core := k.informers.Apps().V1(), k.informers.Core().V1()
	deployments, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), k.client)
	if err != nil {
		return nil, fmt.Errorf("cannot make the controller of Deployments: %w", err)
	}
	namespaces := namespace.NewNamespaceController(ctx, k.client, k.metadata, k.client.Discovery().ServerPreferredNamespacedResources,
		core.Namespaces(), 5*time.Minute, corev1.FinalizerKubernetes)
	accounts, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), core.ServiceAccounts(), core.Namespaces(),
		k.client, serviceaccount.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return nil, fmt.Errorf("cannot make the controller of service accounts: %w", err)
	}
	scales, err := scale.NewForConfig(k.config, k.mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(k.client.Discovery()))
	if err != nil {
		return nil, fmt.Errorf("cannot make a client of scales: %w", err)
	}
	budgets := disruption.NewDisruptionController(ctx, core.Pods(), k.informers.Policy().V1().PodDisruptionBudgets(), core.ReplicationControllers(),
		apps.ReplicaSets(), apps.Deployments(), apps.StatefulSets(), k.client, k.mapper, scales, k.client.Discovery())
	return []func(context.Context){
		func(ctx context.Context) { deployments.Run(ctx, 2) },
		func(ctx context.Context) { namespaces.Run(ctx, 2) },
		func(ctx context.Context) { accounts.Run(ctx, 1) },
		budgets.Run,
	}, nil
}

// garbage ends what belongs to what has gone.
func (k control) garbage(ctx context.Context) ([]func(context.Context), error) {
	started := make(chan struct{})
	close(started)
	objects := metadatainformer.NewSharedInformerFactory(k.metadata, 0)
	collector, err := garbagecollector.NewGarbageCollector(ctx, k.client, k.metadata, k.mapper,
		garbagecollector.DefaultIgnoredResources(), informerfactory.NewInformerFactory(k.informers, objects), started)
	if err != nil {
		return nil, fmt.Errorf("cannot make the garbage collector: %w", err)
	}
	return []func(context.Context){
		func(ctx context.Context) { collector.Run(ctx, 2, 30*time.Second) },
		func(ctx context.Context) { collector.Sync(ctx, k.client.Discovery(), 30*time.Second) },
	}, nil
}
