package main

// The node: every pod is bound to it, and one goroutine looks after each.

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

const (
	nodeName    = "kubelite"
	nodeAddress = "127.0.0.1"
)

type kubelet struct {
	client     kubernetes.Interface
	namespaces corelisters.NamespaceLister
	network    *network
	engine     engine

	mu      sync.Mutex
	stopped bool
	here    map[types.UID]*presence // the pods that run
	running sync.WaitGroup
}

// presence is how a pod that runs is ended.
type presence struct {
	end   context.CancelFunc
	grace *int64 // that whoever deletes it allows, in seconds
}

// newKubelet runs pods as processes where there is an engine for these, and
// pretends them otherwise.
func newKubelet(client kubernetes.Interface, i informers.SharedInformerFactory, n *network, e engine) *kubelet {
	k := &kubelet{client: client, namespaces: i.Core().V1().Namespaces().Lister(), network: n, here: map[types.UID]*presence{}}
	if k.engine = e; e == nil {
		k.engine = pretend{k.annotation}
	}
	_, err := i.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { k.see(o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { k.see(o.(*corev1.Pod)) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			k.end(o.(*corev1.Pod).UID)
		},
	})
	if err != nil { // only once the informer has stopped
		klog.ErrorS(err, "No pods are seen")
	}
	return k
}

func (k *kubelet) annotation(namespace, key string) string {
	n, err := k.namespaces.Get(namespace)
	if err != nil {
		return ""
	}
	return n.Annotations[key]
}

// register makes the node.
func (k *kubelet) register(ctx context.Context) error {
	node, err := k.client.CoreV1().Nodes().Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeName, Labels: map[string]string{"kubernetes.io/hostname": nodeName}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("cannot make the node: %w", err)
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeAddress}}
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue,
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}}
	if _, err = k.client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("cannot make the node ready: %w", err)
	}
	return nil
}

// see acts on a pod as it is now. It must not block.
func (k *kubelet) see(pod *corev1.Pod) {
	k.mu.Lock()
	defer k.mu.Unlock()
	here := k.here[pod.UID]
	switch {
	case k.stopped:
	case pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil:
		// A node selector is a test's way to have a pod that never runs.
		if len(pod.Spec.NodeSelector) == 0 {
			k.running.Go(func() { k.bind(pod) })
		}
	case pod.Spec.NodeName != nodeName:
	case pod.DeletionTimestamp != nil && here != nil:
		here.grace = pod.DeletionGracePeriodSeconds
		here.end()
	case pod.DeletionTimestamp == nil && here == nil:
		ctx, cancel := context.WithCancel(context.Background())
		k.here[pod.UID] = &presence{end: cancel}
		k.running.Go(func() { k.run(ctx, pod.DeepCopy()) })
	case pod.DeletionTimestamp != nil: // before it ran
		k.running.Go(func() { k.letGo(pod) })
	}
}

func (k *kubelet) end(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if here := k.here[uid]; here != nil {
		here.end()
	}
}

// bind is the scheduler. A pod that is bound or gone by now is well.
func (k *kubelet) bind(pod *corev1.Pod) {
	err := k.client.CoreV1().Pods(pod.Namespace).Bind(context.Background(), &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: nodeName},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		klog.ErrorS(err, "A pod is not bound", "pod", klog.KObj(pod))
	}
}

// stop ends all containers and waits for them; their pods stay in the store.
func (k *kubelet) stop() {
	k.mu.Lock()
	k.stopped = true
	for _, here := range k.here {
		here.end()
	}
	k.mu.Unlock()
	k.running.Wait()
}

// grace is what whoever deletes a pod allows it, if anybody does.
func (k *kubelet) grace(uid types.UID) *int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.here[uid].grace
}

func (k *kubelet) isStopped() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stopped
}

// forget is for a pod whose container has ended.
func (k *kubelet) forget(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.here[uid].end()
	delete(k.here, uid)
}
