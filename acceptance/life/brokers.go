package main

// The brokers: pods of a StatefulSet that is the cluster operator's, in a namespace
// of their own. Everybody knows them by their pods' names, also from outside.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

const (
	// brokersFolder is the node's, below the stage's.
	brokersFolder    = "brokers"
	brokersNamespace = "kafka"
	brokerPort       = "9092"
)

// startKafka applies the brokers, and waits until all are ready.
func (s *stage) startKafka(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	s.brokers = realkafka.Pods{Namespace: brokersNamespace, Image: s.release.ImageName(), Brokers: 3,
		Folder: filepath.Join(s.dir, brokersFolder)}
	for _, one := range s.brokers.Objects() {
		if err := s.kube.create(ctx, one); err != nil {
			return fmt.Errorf("cannot start Kafka: %w", err)
		}
	}
	s.admin = kafka.Open(kafka.Config{Brokers: s.addresses()})
	return until(ctx, "three brokers", func() (bool, error) {
		known, err := s.admin.Brokers(ctx)
		return len(known) == 3, err
	})
}

// addresses are the brokers', HOST:PORT.
func (s *stage) addresses() (all []string) {
	for _, host := range s.brokers.Hosts() {
		all = append(all, host+":"+brokerPort)
	}
	return all
}

// clients is what the interface kafka says of them.
func (s *stage) clients() (data []map[string]string) {
	for _, host := range s.brokers.Hosts() {
		data = append(data, map[string]string{"host": host, "port": brokerPort})
	}
	return data
}

// create makes an object as it would be in a file for kubectl.
func (c *cluster) create(ctx context.Context, one map[string]any) error {
	kind, metadata := one["kind"], one["metadata"].(map[string]any)
	if kind == "Namespace" {
		return c.call(ctx, "POST", "/api/v1/namespaces", one, nil)
	}
	for _, r := range resources {
		if r.kind == kind {
			return c.call(ctx, "POST", fmt.Sprintf("/%s/namespaces/%s/%s", r.api, metadata["namespace"], r.plural), one, nil)
		}
	}
	return fmt.Errorf("cannot create a %s: nobody said where they are", kind)
}

// broken is a broker that was killed, as it was before.
type broken struct{ uid, identity string }

// brokerPath is its pod in the API.
func brokerPath(i int) string {
	return fmt.Sprintf("/api/v1/namespaces/%s/pods/kafka-%d", brokersNamespace, i)
}

func (s *stage) broker(ctx context.Context, i int) (pod object, err error) {
	if err = s.kube.call(ctx, "GET", brokerPath(i), nil, &pod); err == nil && len(pod.Status.ContainerStatuses) != 1 {
		err = fmt.Errorf("the pod of broker %d has %d containers", i, len(pod.Status.ContainerStatuses))
	}
	return pod, err
}

// identity is what a broker's folder has from its first start, when it was empty.
func (s *stage) identity(i int) (string, error) {
	text, err := os.ReadFile(filepath.Join(s.brokers.Folder, fmt.Sprintf("kafka-%d", i), "meta.properties"))
	if err == nil && !strings.Contains(string(text), "directory.id=") {
		err = fmt.Errorf("broker %d has no id for its folder: %s", i, text)
	}
	return string(text), err
}

// killBroker kills the process of a broker's pod, and again whenever the kubelet
// has started it, until that waits long enough for a world without the broker to be
// looked at: it starts a container at once, then after 10 s, then after 20.
func killBroker(i int) act {
	const waits = 2
	return act{fmt.Sprintf("while kubectl wait pod kafka-%d; do kill -9 $(its process); done", i), func(ctx context.Context, s *stage) error {
		pod, err := s.broker(ctx, i)
		if err != nil {
			return err
		}
		identity, err := s.identity(i)
		if err != nil {
			return err
		}
		s.broken = broken{pod.Metadata.UID, identity}
		for starts := 0; starts <= waits; starts++ {
			if err := s.killStarted(ctx, i, starts); err != nil {
				return err
			}
		}
		return until(ctx, "that the kubelet waits", func() (bool, error) {
			pod, err := s.broker(ctx, i)
			if err != nil {
				return false, err
			}
			waiting := pod.Status.ContainerStatuses[0].State.Waiting
			if waiting == nil || waiting.Reason != "CrashLoopBackOff" || pod.Metadata.UID != s.broken.uid {
				return false, nil
			}
			s.note("the kubelet started the broker %d times, and waits: %s", waits, waiting.Message)
			return true, refused(ctx, net.JoinHostPort(pod.Status.PodIP, brokerPort))
		})
	}}
}

// refused makes sure that a connection is, and that whoever asks need not wait.
func refused(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err == nil {
		_ = conn.Close()
		err = errors.New("there is one")
	}
	return fmt.Errorf("a connection with %s has to be refused: %w", address, err)
}

// killStarted kills a broker's process once it has been started again so often.
func (s *stage) killStarted(ctx context.Context, i, starts int) error {
	process := 0
	err := until(ctx, fmt.Sprintf("broker %d started again %d times", i, starts), func() (bool, error) {
		pod, err := s.broker(ctx, i)
		if err != nil {
			return false, err
		}
		is := pod.Status.ContainerStatuses[0]
		id, runs := strings.CutPrefix(is.ContainerID, "kubelite://")
		if !runs || is.RestartCount != starts {
			return false, nil
		}
		process, err = strconv.Atoi(id)
		return err == nil, err
	})
	if err != nil {
		return err
	}
	if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
		return fmt.Errorf("cannot kill broker %d: %w", i, err)
	}
	return nil
}

// replaceBroker deletes the pod, as nobody likes to wait for the kubelet; the
// StatefulSet makes another, at another address and with the same folder. The
// broker has to have copied what it missed.
func replaceBroker(i int) act {
	const lacking = "--describe --under-replicated-partitions"
	return act{fmt.Sprintf("kubectl delete pod kafka-%d && kafka-topics.sh %s", i, lacking), func(ctx context.Context, s *stage) error {
		if err := s.kube.call(ctx, "DELETE", brokerPath(i), nil, nil); err != nil {
			return err
		}
		if err := until(ctx, "another pod of the broker", func() (bool, error) {
			pod, err := s.broker(ctx, i)
			return err == nil && pod.Metadata.UID != s.broken.uid && pod.ready(), err
		}); err != nil {
			return err
		}
		var behind []string
		err := until(ctx, "all copies up to date", func() (bool, error) {
			text, err := s.tool(ctx, "org.apache.kafka.tools.TopicCommand", strings.Fields(lacking)...)
			behind = regexp.MustCompile(`(?m)^\s*Topic: .*$`).FindAllString(text, -1) // among what it logs
			return err == nil && len(behind) == 0, err
		})
		if err != nil {
			return fmt.Errorf("%w: %q", err, behind)
		}
		if now, err := s.identity(i); err != nil || now != s.broken.identity {
			return errors.Join(fmt.Errorf("the broker has not the folder it had: %q, not %q", now, s.broken.identity), err)
		}
		s.note("another pod, the same folder; by Kafka's own tool all copies are up to date again")
		return nil
	}}
}
