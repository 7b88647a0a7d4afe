package realkafka

// One JVM: started small, watched, and ended whatever happens to the test that started it.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running JVM in a process group of its own. The kernel kills it should this process die first.
type process struct {
	name string
	log  string // the file its output goes to
	pid  int

	done chan struct{} // closed when it has ended
	err  error         // how, once done is closed

	stopping sync.Mutex
	afterEnd func() // called once after an orderly end
}

// javaArgs are the arguments every JVM here gets. Class data from an earlier run halves the start-up (2.5 s of CPU
// against 5 s); without it the first orderly end writes it.
func (k *Kafka) javaArgs(role string, heapMiB int, more ...string) []string {
	args := []string{
		fmt.Sprintf("-Xmx%dm", heapMiB), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true",
		"-Dlog4j.configuration=file:" + filepath.Join(k.dir, "log4j.properties"),
		"-Dlog4j2.configurationFile=" + filepath.Join(k.dir, "log4j2.properties"),
	}
	if archive := k.archive(role); fileExists(archive) {
		args = append(args, "-XX:SharedArchiveFile="+archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
	}
	return append(append(args, more...), "-cp", k.jars()+"/*")
}

func (k *Kafka) archive(role string) string { return filepath.Join(k.dir, role+".jsa") }

// claim lets one process of a role write the archive: each would take seconds for it.
func (k *Kafka) claim(role string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.archiving == nil {
		k.archiving = map[string]bool{}
	}
	first := !k.archiving[role]
	k.archiving[role] = true
	return first
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// start runs a JVM with its output in dir/name.log. The ctx does not end it; stop does.
func (k *Kafka) start(role, name, dir string, heapMiB int, main ...string) (*process, error) {
	if err := k.writeLogConfig(); err != nil {
		return nil, err
	}
	var more []string
	var afterEnd func()
	if archive := k.archive(role); !fileExists(archive) && k.claim(role) {
		part := fmt.Sprintf("%s.%d.%s", archive, os.Getpid(), name)
		more = []string{"-XX:ArchiveClassesAtExit=" + part, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"}
		afterEnd = func() { _ = os.Rename(part, archive) }
	}
	cmd := exec.Command("java", append(k.javaArgs(role, heapMiB, more...), main...)...)
	cmd.Dir = dir
	return startProcess(cmd, name, filepath.Join(dir, name+".log"), afterEnd)
}

// startProcess runs a command that is or becomes a JVM.
func startProcess(cmd *exec.Cmd, name, log string, afterEnd func()) (*process, error) {
	p := &process{name: name, log: log, done: make(chan struct{}), afterEnd: afterEnd}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The signal comes when the thread that started the process ends, so that thread is kept.
		runtime.LockOSThread()
		defer func() { _ = out.Close() }()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	return p, nil
}

// end ends the process when nobody needs what it has: at once, unless it is to leave its class data behind.
func (p *process) end() {
	if p.afterEnd != nil {
		p.stop()
	}
	p.kill()
}

// stop ends the process as a service manager would: SIGTERM, and SIGKILL 20 s later. Stopping twice is harmless.
func (p *process) stop() {
	p.stopping.Lock()
	defer p.stopping.Unlock()
	if p.ended() {
		return
	}
	_ = syscall.Kill(-p.pid, syscall.SIGTERM)
	select {
	case <-p.done:
		if p.afterEnd != nil {
			p.afterEnd()
		}
	case <-time.After(20 * time.Second):
		p.killNow()
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.stopping.Lock()
	defer p.stopping.Unlock()
	if !p.ended() {
		p.killNow()
	}
}

func (p *process) killNow() {
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// await asks until the answer is yes; it fails when the process ends or ctx does, with the end of the log.
func (p *process) await(ctx context.Context, what string, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("cannot see %s %s: it ended: %w\n%s", p.name, what, errors.Join(p.err, err), p.tail())
		case <-ctx.Done():
			return fmt.Errorf("cannot see %s %s in time: %w\n%s", p.name, what, err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tail is what the log has to say: its first errors, and its end.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var told []string
	for _, line := range lines[:max(0, len(lines)-10)] {
		if len(told) < 10 && (strings.Contains(line, "] ERROR ") || strings.HasPrefix(line, "Caused by: ")) {
			told = append(told, line)
		}
	}
	return strings.Join(append(told, lines[max(0, len(lines)-10):]...), "\n")
}

// residentMiB is the memory the process holds now.
func (p *process) residentMiB() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib / 1024
		}
	}
	return 0
}

const log4jProperties = `log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
`

const log4j2Properties = `status=error
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=info
rootLogger.appenderRef.stdout.ref=STDOUT
`

func (k *Kafka) writeLogConfig() error {
	for name, text := range map[string]string{"log4j.properties": log4jProperties, "log4j2.properties": log4j2Properties} {
		path := filepath.Join(k.dir, name)
		if fileExists(path) {
			continue
		}
		part := fmt.Sprintf("%s.%d", path, os.Getpid())
		if err := errors.Join(os.WriteFile(part, []byte(text), 0o644), os.Rename(part, path)); err != nil {
			return err
		}
	}
	return nil
}
