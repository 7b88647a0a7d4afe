package realkafka

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("GIVE_PORTS") == "" {
		os.Exit(m.Run())
	}
	ports, err := freePorts(3)
	fmt.Println(ports, err)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until it is told to end
}

// No port is given twice, in this process or in another, as long as the process lives that has it.
func TestFreePorts(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	given := map[string]bool{}
	take := func(ports string) {
		t.Helper()
		for _, port := range strings.Fields(strings.Trim(ports, "[] ")) {
			if given[port] {
				t.Errorf("port %s is given twice", port)
			}
			given[port] = true
		}
	}
	for range 2 {
		ports, err := freePorts(3)
		if err != nil {
			t.Fatal(err)
		}
		take(fmt.Sprint(ports))
		other := exec.Command("/proc/self/exe")
		other.Env = append(os.Environ(), "GIVE_PORTS=yes")
		in, err := other.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := other.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close(); _ = other.Wait() }()
		line := make([]byte, 200)
		n, err := out.Read(line)
		theirs, ok := strings.CutSuffix(strings.TrimSpace(string(line[:n])), " <nil>")
		if err != nil || !ok {
			t.Fatalf("another process says %q, %v", line[:n], err)
		}
		take(theirs)
	}
	if len(given) != 12 {
		t.Errorf("%d ports were given", len(given))
	}
	// One that somebody listens on is not given.
	probe, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", probe[0]+1))
	if err == nil { // or else somebody listens there anyway
		defer func() { _ = listener.Close() }()
	}
	if next, err := freePorts(1); err != nil || next[0] == probe[0]+1 {
		t.Errorf("ports %v, where somebody listens on %d: %v", next, probe[0]+1, err)
	}
}
