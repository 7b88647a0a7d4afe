package main

// From nothing to a cluster that answers, and back.

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/klog/v2"
)

// options are the flags; the package's documentation says what they mean.
type options struct {
	dir    string
	images string
	netns  bool
}

func main() {
	if os.Args[0] == podInitName {
		podInit()
	}
	var o options
	flag.StringVar(&o.dir, "dir", "", "an empty folder for everything that is written, which stays; by default, one of its own that does not")
	flag.StringVar(&o.images, "images", "", "a JSON file of images; with it, pods are processes; by default, they are pretended")
	flag.BoolVar(&o.netns, "netns", false, "live in a network namespace of its own, with the API server on loopback out here")
	flag.Parse()
	if err := start(o); err != nil {
		fmt.Fprintln(os.Stderr, "kubelite:", err)
		os.Exit(1)
	}
}

func start(o options) error {
	signal.Ignore(syscall.SIGPIPE) // whoever reads us may be gone before there is anything to read
	ctx, end, err := lifetime()
	if err != nil {
		return err
	}
	if o.netns && os.Args[0] != insideName {
		return goInside(ctx)
	}
	listener, err := apiListener()
	if err != nil {
		return err
	}
	return inFolder(o.dir, func(dir string) error { return run(ctx, end, dir, o, listener) })
}

func inFolder(dir string, run func(string) error) error {
	if dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return fmt.Errorf("cannot name the folder: %w", err)
		}
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
	Server     string  `json:"server"`
	CA         string  `json:"ca"`         // PEM
	Token      string  `json:"token"`      // of an administrator
	Kubeconfig string  `json:"kubeconfig"` // the file that says the same
	PID        int     `json:"pid"`        // of the process in whose namespaces the cluster is
	Version    string  `json:"version"`
	Seconds    float64 `json:"seconds"` // it took
}

func run(ctx context.Context, end context.CancelCauseFunc, dir string, o options, listener net.Listener) error {
	begin := time.Now()
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
	s := site{dir: dir, images: o.images, etcd: store.Clients[0].Addr().String(), listener: listener}
	return s.serve(ctx, end, func(r ready) error {
		r.PID, r.Seconds = os.Getpid(), time.Since(begin).Seconds()
		return json.NewEncoder(os.Stdout).Encode(r)
	})
}

// A site is what the cluster is built on.
type site struct {
	dir      string
	images   string
	etcd     string
	listener net.Listener // of the API server
}

// serve runs the API server, then all that needs it, until ctx ends; then it
// ends them in the opposite order.
func (s site) serve(ctx context.Context, end context.CancelCauseFunc, announce func(ready) error) error {
	pods := newNetwork()
	closeEgress, err := pods.serveEgress(filepath.Join(s.dir, "egress"))
	if err != nil {
		return err
	}
	defer closeEgress()
	apiCtx, stopAPI := context.WithCancel(context.WithoutCancel(ctx))
	api, err := startAPI(apiCtx, s)
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
	kubeconfig := filepath.Join(s.dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, api.kubeconfig(), 0o600); err != nil {
		return fmt.Errorf("cannot write the kubeconfig: %w", err)
	}
	engine, closeNetwork, err := s.engine()
	if err != nil {
		return err
	}
	defer closeNetwork()
	k, err := startControllers(ctx, api, pods, engine)
	if err != nil {
		return err
	}
	defer k.stop()
	if err := announce(ready{Server: api.url(), CA: api.keys.ca, Token: api.keys.token, Kubeconfig: kubeconfig, Version: version}); err != nil {
		return fmt.Errorf("cannot say that all is ready: %w", err)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, errEnded) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// engine is nil where pods are to be pretended.
func (s site) engine() (engine, func(), error) {
	if s.images == "" {
		return nil, func() {}, nil
	}
	images, err := readImages(s.images)
	if err != nil {
		return nil, nil, err
	}
	b, err := newBridge()
	if err != nil {
		return nil, nil, err
	}
	return &processes{dir: s.dir, images: images, bridge: b}, b.close, nil
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
