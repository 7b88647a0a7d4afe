package charmdir_test

import (
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

func Example() {
	c, err := charmdir.Read("../charmtest/testdata/kc")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Name, c.Endpoints["db"].Role, c.Options["mode"].Default)
	_, err = c.Validate(map[string]any{"port": "many"})
	fmt.Println(err)
	// Output:
	// kc requirer ok
	// option "port" expected int, got "many"
}
