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

const nodeName = "kubelite"

type kubelet struct {
	client     kubernetes.Interface
	namespaces corelisters.NamespaceLister
	network    *network
	engine     engine

	mu      sync.Mutex
	stopped bool
	ends    map[types.UID]context.CancelFunc // of the pods that run
	running sync.WaitGroup
}

func newKubelet(client kubernetes.Interface, i informers.SharedInformerFactory, n *network) *kubelet {
	k := &kubelet{client: client, namespaces: i.Core().V1().Namespaces().Lister(), network: n, ends: map[types.UID]context.CancelFunc{}}
	k.engine = pretend{k.annotation}
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
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}}
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
	end := k.ends[pod.UID]
	switch {
	case k.stopped:
	case pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil:
		// A node selector is a test's way to have a pod that never runs.
		if len(pod.Spec.NodeSelector) == 0 {
			k.running.Go(func() { k.bind(pod) })
		}
	case pod.Spec.NodeName != nodeName:
	case pod.DeletionTimestamp != nil && end != nil:
		end()
	case pod.DeletionTimestamp == nil && end == nil:
		ctx, cancel := context.WithCancel(context.Background())
		k.ends[pod.UID] = cancel
		k.running.Go(func() { k.run(ctx, pod.DeepCopy()) })
	case pod.DeletionTimestamp != nil: // before it ran
		k.running.Go(func() { k.letGo(pod) })
	}
}

func (k *kubelet) end(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if end := k.ends[uid]; end != nil {
		end()
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
	for _, end := range k.ends {
		end()
	}
	k.mu.Unlock()
	k.running.Wait()
}

// forget is for a pod whose container has ended.
func (k *kubelet) forget(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ends[uid]()
	delete(k.ends, uid)
}
