package main

// Making the charm: the base layer and the file example composed, with the hook
// binary compiled as it would be packed.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled below; imported so that go vet and go test see a change of them.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

const (
	module  = "github.com/connectcharm/kafka-connect-base"
	example = "examples/kafka-connect-file"
)

// build gives the folder of the charm. It is below build/ of the repository, where
// the next run finds the binary and links it anew only when something changed. One
// that is there already is taken as it is.
func build(ctx context.Context, ready string, progress *progress) (string, error) {
	if ready != "" {
		return ready, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	charm := filepath.Join(root, "build", "demo", "charm")
	if err := layers.Make(ctx, charm, filepath.Join(root, example)); err != nil {
		return "", fmt.Errorf("cannot compose the charm: %w", err)
	}
	done := progress.begin("compiling the charm's hook binary (the first time takes a minute or two)")
	defer done()
	return charm, charmtest.Build(ctx, module+"/"+example+"/dispatch", filepath.Join(charm, "dispatch"))
}

// repository is the root of this module, from wherever in it the demo is started.
func repository() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("cannot find the repository: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("cannot find the repository of %s: start the demo inside it, not in %s", module, start)
		}
	}
}
