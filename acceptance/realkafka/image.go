package realkafka

// Kafka as kubelite's images: a folder like that of apache/kafka's, of the same jars.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
		i := Image{
			Env:    map[string]string{"HOME": "/tmp", "KAFKA_HEAP_OPTS": "-Xmx256m"},
			User:   1000,
			Mounts: map[string]string{"/opt/kafka": k.image},
		}
		if shared != "" {
			i.Shared = map[string]string{"/shared": shared}
		}
		table[k.ImageName()] = i
	}
	return json.Marshal(table)
}

// prepareImage makes the folder, which never changes once it is there: containers may be using it. The first time, a
// broker and a worker are run for their class data, which takes some fifteen seconds and saves each that comes half
// its start.
func (k *Kafka) prepareImage(ctx context.Context) error {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(imageFiles)) {
		fmt.Fprintf(h, "%s %d %s", name, len(imageFiles[name]), imageFiles[name])
	}
	k.image = filepath.Join(k.dir, "image-"+hex.EncodeToString(h.Sum(nil)[:4]))
	if !fileExists(k.image) {
		if err := k.makeImage(k.image); err != nil {
			return err
		}
	}
	return k.writeClassData(ctx, k.image)
}

// makeImage makes a folder with the jars, which are links, and our scripts.
func (k *Kafka) makeImage(folder string) error {
	part := folder + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	for _, name := range []string{"bin", "libs", "config"} {
		if err := os.MkdirAll(filepath.Join(part, name), 0o755); err != nil {
			return err
		}
	}
	for name, text := range imageFiles {
		if err := os.WriteFile(filepath.Join(part, name), []byte(text), 0o755); err != nil {
			return err
		}
	}
	jars, err := os.ReadDir(k.jars())
	if err != nil {
		return err
	}
	for _, jar := range jars {
		if err := os.Link(filepath.Join(k.jars(), jar.Name()), filepath.Join(part, "libs", jar.Name())); err != nil {
			return err
		}
	}
	return os.Rename(part, folder)
}

// imageFiles are by their path under /opt/kafka, of which KAFKA_HOME is another name. Class data fit the same
// spelling of the same class path, hence the change of folder. A JVM remembers names for a second only: pods come and go.
var imageFiles = map[string]string{
	"config/log4j.properties":  log4jProperties,
	"config/log4j2.properties": log4j2Properties,
	"bin/kafka-run-class.sh": `#!/bin/sh
cd "${KAFKA_HOME:-/opt/kafka}"
path=
for jar in libs/*.jar; do
	case $jar in */connect-file-*) ;; *) path=$path:$jar ;; esac
done
if [ -n "$WRITE_CLASS_DATA" ]; then
	set -- -XX:ArchiveClassesAtExit="$WRITE_CLASS_DATA" "$@"
elif [ -f "$CLASS_DATA" ]; then
	set -- -XX:SharedArchiveFile="$CLASS_DATA" "$@"
fi
exec java $KAFKA_HEAP_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
	-Xlog:cds=off -Xlog:cds+dynamic=off -Djava.awt.headless=true -Djava.net.preferIPv4Stack=true \
	-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=0 \
	-Dlog4j.configuration=file:config/log4j.properties \
	-Dlog4j2.configurationFile=config/log4j2.properties \
	-cp "${path#:}" "$@"
`,
	"bin/connect-distributed.sh": script("worker", "org.apache.kafka.connect.cli.ConnectDistributed"),
	"bin/kafka-server-start.sh":  script("broker", "kafka.Kafka"),
	"bin/kafka-storage.sh":       script("broker", "kafka.tools.StorageTool"),
	"bin/kafka-topics.sh":        script("worker", "org.apache.kafka.tools.TopicCommand"),
}

// script runs a class with the class data of a role, if there are any.
func script(role, class string) string {
	return "#!/bin/sh\nCLASS_DATA=" + role + `.jsa exec "${KAFKA_HOME:-/opt/kafka}"/bin/kafka-run-class.sh ` + class + ` "$@"` + "\n"
}
