// Command charmpack makes deployable charms: it composes the base layer with each
// layer's folder, compiles the program in its folder dispatch for one
// architecture, and packs build/NAME.charm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

func main() {
	base := flag.String("base", ".", "the base layer's `folder`")
	out := flag.String("out", "build", "the `folder` the charms are written to")
	arch := flag.String("arch", "amd64", "the `architecture` of the hook binary, as Go names it")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: charmpack [flags] LAYER...\n\nPacks a charm of each layer's folder and the base layer.\n\nexample: charmpack -out build examples/kafka-connect-file")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var failed error
	for _, layer := range flag.Args() {
		failed = errors.Join(failed, pack(ctx, *base, layer, *out, *arch))
	}
	if failed != nil {
		fmt.Fprintln(os.Stderr, failed)
		os.Exit(1)
	}
}

func pack(ctx context.Context, base, layer, out, arch string) error {
	start := time.Now()
	layer, err := filepath.Abs(layer)
	if err != nil {
		return fmt.Errorf("cannot find the layer: %w", err)
	}
	name := filepath.Base(layer)
	dir := filepath.Join(out, name)
	if err := charmdir.Compose(dir, base, layer); err != nil {
		return fmt.Errorf("cannot compose %s: %w", layer, err)
	}
	fmt.Fprintf(os.Stderr, "compiling the hook binary of %s (the first time takes a minute or two)\n", name)
	program, err := filepath.Abs(filepath.Join(dir, "dispatch"))
	if err != nil {
		return fmt.Errorf("cannot find where to write: %w", err)
	}
	if err := compile(ctx, layer, program, arch); err != nil {
		return fmt.Errorf("cannot compile %s: %w", layer, err)
	}
	archive := filepath.Join(out, name+".charm")
	if err := charmdir.Pack(dir, archive); err != nil {
		return err
	}
	info, err := os.Stat(archive)
	if err != nil {
		return fmt.Errorf("cannot find what was packed: %w", err)
	}
	fmt.Printf("%s  %.1f MB  %s\n", archive, float64(info.Size())/1e6, time.Since(start).Round(100*time.Millisecond))
	return nil
}

// compile builds the program in the layer's folder "dispatch", by the layer's own go.mod.
func compile(ctx context.Context, layer, out, arch string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./dispatch")
	cmd.Dir = layer
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
