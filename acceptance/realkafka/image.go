package realkafka

// Kafka as kubelite's images: a folder like that of apache/kafka's, of the same jars.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// An Image is an entry of kubelite's table of images.
type Image struct {
	Env    map[string]string `json:"env"`
	User   int64             `json:"user"`
	Mounts map[string]string `json:"mounts"`
	Shared map[string]string `json:"shared,omitempty"`
}

// ImageName is how the release's image is called: by the name of the one that it stands in for.
func (k *Kafka) ImageName() string { return "apache/kafka:" + k.Version }

// Images is kubelite's table of images with those of the given releases, as JSON. What is in /opt/kafka there: the
// jars; scripts of the names of Kafka's own that a pod needs, which obey KAFKA_HEAP_OPTS, and keep FileStream off the
// class path, as Kafka's do. A folder of this machine that is named is at /shared in all containers, which write to it:
// for the files of connectors, which move between workers.
func Images(shared string, releases ...*Kafka) ([]byte, error) {
	table := map[string]Image{}
	for _, k := range releases {
		folder, err := k.image()
		if err != nil {
			return nil, fmt.Errorf("cannot make an image of Kafka %s: %w", k.Version, err)
		}
		i := Image{
			Env:    map[string]string{"HOME": "/tmp", "KAFKA_HEAP_OPTS": "-Xmx256m"},
			User:   1000,
			Mounts: map[string]string{"/opt/kafka": folder},
		}
		if shared != "" {
			i.Shared = map[string]string{"/shared": shared}
		}
		table[k.ImageName()] = i
	}
	return json.Marshal(table)
}

// image makes the folder. It is made anew each time but for the jars, which are links.
func (k *Kafka) image() (string, error) {
	unlock, err := lock(filepath.Join(k.dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	folder := filepath.Join(k.dir, "image")
	part := folder + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(filepath.Join(part, "bin"), 0o755), os.MkdirAll(filepath.Join(part, "libs"), 0o755),
		os.MkdirAll(filepath.Join(part, "config"), 0o755)); err != nil {
		return "", err
	}
	for name, text := range imageFiles {
		if err := os.WriteFile(filepath.Join(part, name), []byte(text), 0o755); err != nil {
			return "", err
		}
	}
	jars, err := os.ReadDir(k.jars())
	if err != nil {
		return "", err
	}
	for _, jar := range jars {
		if err := os.Link(filepath.Join(k.jars(), jar.Name()), filepath.Join(part, "libs", jar.Name())); err != nil {
			return "", err
		}
	}
	if err := errors.Join(os.RemoveAll(folder), os.Rename(part, folder)); err != nil {
		return "", err
	}
	return folder, nil
}

// imageFiles are by their path under /opt/kafka. A JVM remembers names for a second only: pods come and go.
var imageFiles = map[string]string{
	"config/log4j.properties":  log4jProperties,
	"config/log4j2.properties": log4j2Properties,
	"bin/kafka-run-class.sh": `#!/bin/sh
path=
for jar in /opt/kafka/libs/*.jar; do
	case $jar in */connect-file-*) ;; *) path=$path:$jar ;; esac
done
exec java $KAFKA_HEAP_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xshare:auto \
	-Djava.awt.headless=true -Djava.net.preferIPv4Stack=true \
	-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=0 \
	-Dlog4j.configuration=file:/opt/kafka/config/log4j.properties \
	-Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties \
	-cp "${path#:}" "$@"
`,
	"bin/connect-distributed.sh": script("org.apache.kafka.connect.cli.ConnectDistributed"),
	"bin/kafka-server-start.sh":  script("kafka.Kafka"),
	"bin/kafka-storage.sh":       script("kafka.tools.StorageTool"),
	"bin/kafka-topics.sh":        script("org.apache.kafka.tools.TopicCommand"),
}

func script(class string) string {
	return "#!/bin/sh\nexec /opt/kafka/bin/kafka-run-class.sh " + class + ` "$@"` + "\n"
}
