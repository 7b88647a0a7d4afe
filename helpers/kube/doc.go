// Package kube keeps the workers of one Kafka Connect cluster in Kubernetes.
//
// A [Workers] value says what should be there. [Workers.Objects] turns it into
// manifests, [Client.Apply] makes the cluster agree, [Client.Rollout] says how
// far the cluster has come, [Client.Transport] reaches the workers' REST API.
// Every call looks before it acts, so calling it twice is harmless.
//
// # Who owns what
//
// All writes are server-side applies of one field manager, [FieldManager], and
// none is forced. So
//
//   - an object that bears one of our names but not our ownership label is
//     somebody else's: [ErrForeign], and nothing at all is written;
//   - a field of ours that was removed or reset by hand comes back with the
//     next Apply;
//   - a field of ours that another manager has taken with another value (kubectl
//     edit, kubectl scale, an autoscaler) is an [ErrConflict] that names the
//     manager and the field; taking it back is a person's decision;
//   - what others add (an annotation, a toleration) is theirs, and stays.
//
// Apply reads each object and writes only when the live one does not already
// contain everything the manifest says. Because the manifest of a StatefulSet
// carries its own revision, that comparison also sees fields that used to be in
// the manifest and no longer are.
//
// # Why not the clientset
//
// A hook is a process that lives for milliseconds. client-go's typed clients,
// and its apply configurations as much, register every Kubernetes API before
// main runs: 13 ms and 26 MB against 5 ms and 10 MB for the REST client alone
// (measured, stripped, 2 cores). Manifests here are therefore plain maps, which
// also say exactly the fields that are applied and no zero values; tests decode
// every one of them strictly into the typed structs.
package kube
