package main

// From nothing to a cluster that answers, and back.

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/klog/v2"
)

func main() {
	dir := flag.String("dir", "", "an empty folder for everything that is written, which stays; by default, one of its own that does not")
	flag.Parse()
	if err := inFolder(*dir, func(dir string) error { return run(dir, os.Stdin, os.Stdout) }); err != nil {
		fmt.Fprintln(os.Stderr, "kubelite:", err)
		os.Exit(1)
	}
}

func inFolder(dir string, run func(string) error) error {
	if dir != "" {
		return run(dir)
	}
	dir, err := os.MkdirTemp("", "kubelite") // short: a socket is in it
	if err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	return errors.Join(run(dir), os.RemoveAll(dir))
}

// A ready line tells whoever started us where the cluster is.
type ready struct {
	Server  string  `json:"server"`
	CA      string  `json:"ca"`    // PEM
	Token   string  `json:"token"` // of an administrator
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"` // it took
}

func run(dir string, stdin io.Reader, stdout io.Writer) error {
	start := time.Now()
	signal.Ignore(syscall.SIGPIPE) // whoever reads us may be gone before there is anything to read
	signals, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancelCause(signals)
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		end(errEnded)
	}()
	log, err := os.Create(filepath.Join(dir, "kubernetes.log"))
	if err != nil {
		return fmt.Errorf("cannot write a log: %w", err)
	}
	defer log.Close()
	logTo(log)

	store, err := startEtcd(filepath.Join(dir, "etcd"), filepath.Join(dir, "etcd.log"))
	if err != nil {
		return err
	}
	defer store.Close()
	return serve(ctx, end, dir, store.Clients[0].Addr().String(), func(r ready) error {
		r.Seconds = time.Since(start).Seconds()
		return json.NewEncoder(stdout).Encode(r)
	})
}

var errEnded = errors.New("standard input has ended")

// serve runs the API server, then all that needs it, until ctx ends; then it
// ends them in the opposite order.
func serve(ctx context.Context, end context.CancelCauseFunc, dir, etcd string, announce func(ready) error) error {
	pods := newNetwork()
	closeEgress, err := pods.serveEgress(filepath.Join(dir, "egress"))
	if err != nil {
		return err
	}
	defer closeEgress()
	apiCtx, stopAPI := context.WithCancel(context.WithoutCancel(ctx))
	api, err := startAPI(apiCtx, dir, etcd)
	if err != nil {
		stopAPI()
		return err
	}
	defer func() { stopAPI(); <-api.done }()
	go func() {
		<-api.done
		end(fmt.Errorf("the API server has ended: %w", api.err))
	}()
	version, err := api.wait(ctx)
	if err != nil {
		return err
	}
	k, err := startControllers(ctx, api.config(), pods)
	if err != nil {
		return err
	}
	defer k.stop()
	if err := announce(ready{Server: api.url, CA: api.keys.ca, Token: api.keys.token, Version: version}); err != nil {
		return fmt.Errorf("cannot say that all is ready: %w", err)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, errEnded) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// logTo sends Kubernetes' log to a file, errors too.
func logTo(file io.Writer) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{"logtostderr": "false", "alsologtostderr": "false", "stderrthreshold": "FATAL"} {
		if err := flags.Set(name, value); err != nil {
			klog.ErrorS(err, "A flag of the log is unknown", "flag", name)
		}
	}
	klog.SetOutput(file)
}
