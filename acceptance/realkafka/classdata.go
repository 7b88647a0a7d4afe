package realkafka

// Class data for the JVMs of an image.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// writeClassData runs a broker and a worker by an image's scripts, and ends them in good order, which is when a JVM
// writes the data of the classes it has loaded. It does nothing where they are there.
func (k *Kafka) writeClassData(ctx context.Context, image string) error {
	if fileExists(filepath.Join(image, "broker.jsa")) && fileExists(filepath.Join(image, "worker.jsa")) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "classdata-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	k.logf("Kafka %s: running a broker and a worker for their class data", k.Version)
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	b := &Brokers{kafka: k, dir: dir, ports: ports[:1]}
	if err := b.prepare(0, ports[1:2]); err != nil {
		return err
	}
	broker, err := startInImage(image, "broker", "kafka-server-start.sh", filepath.Join(dir, "broker-0.properties"), dir)
	if err != nil {
		return err
	}
	defer broker.kill()
	b.procs = []*process{broker}
	if err := b.await(ctx, 1); err != nil {
		return err
	}
	w := &Worker{URL: fmt.Sprintf("http://127.0.0.1:%d", ports[2])}
	properties := filepath.Join(dir, "worker.properties")
	if err := os.WriteFile(properties, []byte(propertiesText(map[string]string{
		"bootstrap.servers": b.Addrs()[0], "listeners": w.URL, "group.id": "classes", "plugin.discovery": "service_load",
		"config.storage.topic": "configs", "offset.storage.topic": "offsets", "status.storage.topic": "status",
		"config.storage.replication.factor": "1", "offset.storage.replication.factor": "1", "status.storage.replication.factor": "1",
		"key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "org.apache.kafka.connect.storage.StringConverter",
	})), 0o600); err != nil {
		return err
	}
	if w.proc, err = startInImage(image, "worker", "connect-distributed.sh", properties, dir); err != nil {
		return err
	}
	defer w.Kill()
	if err := w.proc.await(ctx, "list its connectors", w.ready); err != nil {
		return err
	}
	w.Stop()
	broker.stop()
	return nil
}

// startInImage runs a script of an image where the image is.
func startInImage(image, role, script, properties, dir string) (*process, error) {
	data := filepath.Join(image, role+".jsa")
	cmd := exec.Command(filepath.Join(image, "bin", script), properties)
	cmd.Env = append(os.Environ(), "KAFKA_HOME="+image, "WRITE_CLASS_DATA="+data+".part", "KAFKA_HEAP_OPTS=-Xmx256m")
	return startProcess(cmd, role, filepath.Join(dir, role+".log"), func() { _ = os.Rename(data+".part", data) })
}
