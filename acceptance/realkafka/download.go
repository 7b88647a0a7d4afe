package realkafka

// Getting Kafka: jars from Maven, by the machine's own mvn, held against the checksums in this repository.

import (
	"bufio"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed releases
var releases embed.FS

// Kafka is one release of Kafka, on this machine and verified.
type Kafka struct {
	// Version is the release, such as "3.9.2".
	Version string
	// HeapMiB is the heap of the brokers and workers that are started from now on. By default, 256 and 192: enough for
	// tens of connectors, and many of them at once on a small machine.
	HeapMiB int

	dir   string // of the jars and what is made from them
	image string // the folder that is /opt/kafka in a container
	logf  func(format string, args ...any)

	mu        sync.Mutex
	archiving map[string]bool // roles whose class data a process of ours is writing
}

// Versions are the releases this repository holds checksums of.
func Versions() []string {
	entries, err := releases.ReadDir("releases")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Get makes a release available: it downloads what is not in the cache (about 56 MB), makes an image of it, and verifies
// every jar each time. It needs mvn and java. Several processes may call it at once; one downloads.
func Get(ctx context.Context, version string, logf func(format string, args ...any)) (*Kafka, error) {
	if !slices.Contains(Versions(), version) {
		return nil, fmt.Errorf("cannot get Kafka %s: checksums are known for %s", version, strings.Join(Versions(), ", "))
	}
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("cannot get Kafka %s: %s is not installed; on Debian and Ubuntu: "+
				"apt-get install -y openjdk-17-jre-headless maven", version, tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("cannot get Kafka %s: %w", version, err)
	}
	k := &Kafka{Version: version, dir: filepath.Join(cache, "kafka-connect-base", "kafka-"+version), logf: logf}
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot get Kafka %s: %w", version, err)
	}
	unlock, err := lock(filepath.Join(k.dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("cannot get Kafka %s: %w", version, err)
	}
	defer unlock()
	if err := k.download(ctx); err != nil {
		return nil, fmt.Errorf("cannot download Kafka %s: %w", version, err)
	}
	if err := k.format(ctx); err != nil {
		return nil, fmt.Errorf("cannot prepare Kafka %s: %w", version, err)
	}
	if err := k.prepareImage(ctx); err != nil {
		return nil, fmt.Errorf("cannot make an image of Kafka %s: %w", version, err)
	}
	return k, nil
}

func (k *Kafka) jars() string { return filepath.Join(k.dir, "jars") }

func (k *Kafka) download(ctx context.Context) error {
	begun := time.Now()
	if _, err := os.Stat(k.jars()); err == nil {
		if err = k.verify(k.jars()); err == nil {
			k.logf("Kafka %s: jars verified in %s", k.Version, time.Since(begun).Round(time.Millisecond))
			return nil
		}
		k.logf("Kafka %s: what is in the cache is not what it should be (%v): downloading again", k.Version, err)
	}
	part := k.jars() + ".part"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(k.jars()), os.MkdirAll(part, 0o755)); err != nil {
		return err
	}
	pom, err := releases.ReadFile("releases/" + k.Version + "/pom.xml")
	if err != nil {
		return err
	}
	pomFile := filepath.Join(k.dir, "pom.xml")
	if err := os.WriteFile(pomFile, pom, 0o644); err != nil {
		return err
	}
	k.logf("Kafka %s: downloading about 56 MB of jars with mvn", k.Version)
	stop := k.reportProgress(begun)
	out, err := exec.CommandContext(ctx, "mvn", "-B", "-q", "-f", pomFile,
		"org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+part).CombinedOutput()
	stop()
	if err != nil {
		return fmt.Errorf("mvn: %w\n%s", err, out)
	}
	if err := k.verify(part); err != nil {
		return err
	}
	k.logf("Kafka %s: downloaded and verified in %s", k.Version, time.Since(begun).Round(time.Second))
	return os.Rename(part, k.jars())
}

// reportProgress says now and then that mvn, which is silent, is still at it.
func (k *Kafka) reportProgress(begun time.Time) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(15 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				k.logf("Kafka %s: still downloading after %s", k.Version, time.Since(begun).Round(time.Second))
			}
		}
	}()
	return func() { close(done); <-ended }
}

// verify holds a folder against the checksums: each jar must be there and right, and there must be no other.
func (k *Kafka) verify(dir string) error {
	list, err := releases.Open("releases/" + k.Version + "/SHA256SUMS")
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }()
	wanted := map[string]string{}
	for lines := bufio.NewScanner(list); lines.Scan(); {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok {
			return fmt.Errorf("cannot read the checksum line %q", lines.Text())
		}
		wanted[name] = sum
	}
	present, err := fs.Glob(os.DirFS(dir), "*")
	if err != nil {
		return err
	}
	for _, name := range present {
		if wanted[name] == "" {
			return fmt.Errorf("%s has no checksum", name)
		}
	}
	for name, sum := range wanted {
		got, err := sumOf(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if got != sum {
			return fmt.Errorf("%s has the checksum %s, not %s", name, got, sum)
		}
	}
	return nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// format makes the contents of an empty KRaft broker's folder, once: it takes a JVM two seconds, and only the ids in
// it differ between brokers.
func (k *Kafka) format(ctx context.Context) error {
	final := filepath.Join(k.dir, "formatted")
	if _, err := os.Stat(filepath.Join(final, "meta.properties")); err == nil {
		return nil
	}
	part := final + ".part"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(final), os.MkdirAll(part, 0o755)); err != nil {
		return err
	}
	config := filepath.Join(k.dir, "format.properties")
	if err := os.WriteFile(config, []byte(brokerProperties(0, []int{1}, []int{2}, part)), 0o644); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "java", append(k.javaArgs("format", 128),
		"kafka.tools.StorageTool", "format", "-t", clusterID, "-c", config)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("StorageTool: %w\n%s", err, out)
	}
	return os.Rename(part, final)
}

// lock holds a file's lock until unlock, or the end of the process.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
