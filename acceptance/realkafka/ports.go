package realkafka

// Ports for processes that are told where to listen.

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// The ports given away lie below those that Linux takes for outgoing connections, of which one could else have a
// broker's while that is being started, or stopped for a while.
const firstPort, endOfPorts = 20000, 32768

// freePorts are n ports that nobody listens on. Until it ends they are this process's: no other gets them here.
func freePorts(n int) ([]int, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("cannot find free ports: %w", err)
	}
	dir := filepath.Join(cache, "kafka-connect-base", "ports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot find free ports: %w", err)
	}
	var ports []int
	for port := firstPort; port < endOfPorts; port++ {
		ours, err := reserve(filepath.Join(dir, fmt.Sprint(port)))
		if err != nil {
			return nil, fmt.Errorf("cannot find free ports: %w", err)
		}
		if !ours || !isFree(port) {
			continue
		}
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("cannot find free ports: of those from %d to %d no %d are", firstPort, endOfPorts-1, n)
}

// reserve says whether a file is now locked by us, which it is until this process ends.
func reserve(path string) (bool, error) {
	fd, err := syscall.Open(path, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return true, nil
	}
	_ = syscall.Close(fd)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return false, err
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
