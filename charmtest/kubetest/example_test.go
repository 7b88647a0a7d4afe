package kubetest_test

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

// A server is started, used through an ordinary kubeconfig, and asked what was
// done to it.
func Example() {
	server, err := kubetest.Start(kubetest.Options{Namespaces: []string{"streams"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	config, err := clientcmd.RESTConfigFromKubeConfig(server.Kubeconfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.Host == server.URL(), len(server.Calls()))
	// Output: true 0
}
