// Package kubernetes holds the tests that need a real API server: whether the
// embedded one of charmtest/kubetest says what a real one says, and whether
// helpers/kube lives on a real one, by the permissions it asks for and no others.
//
// The server is kubelite, in the folder of that name and a module of its own:
// it is built from Kubernetes' sources with the client-go of that release, and
// what is tested here keeps the client-go it is shipped with.
package kubernetes
