//go:build linux || darwin

package jsonnet

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// confine takes from this process the right to use more memory than the limit
// and to leave a core file. RLIMIT_AS would not do for the first: Go reserves
// far more addresses than it uses.
func confine(limits Limits) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limits.Memory, Max: limits.Memory})
}

// endAfter ends this process when it has used a file's share of processor
// time from now on. It is not left to the parent's clock alone: a child whose
// parent was killed must not compute for ever.
func endAfter(share time.Duration) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &limit); err != nil {
		return err
	}
	// Whole seconds: those used are rounded up by one.
	limit.Cur = min(limit.Max, uint64(used.Utime.Sec+used.Stime.Sec)+1+uint64(max(share, time.Second)/time.Second))
	return syscall.Setrlimit(syscall.RLIMIT_CPU, &limit)
}

// onExhausted calls a function when the processor time is used up: the soft
// limit's signal ends no Go program by itself.
func onExhausted(do func()) {
	exhausted := make(chan os.Signal, 1)
	signal.Notify(exhausted, syscall.SIGXCPU)
	go func() {
		<-exhausted
		do()
	}()
}
