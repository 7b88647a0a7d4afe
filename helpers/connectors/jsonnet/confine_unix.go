//go:build linux || darwin

package jsonnet

import (
	"fmt"
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
	most := limits.Memory + ownData()
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most, Max: most})
}

// ownData is what RLIMIT_DATA would count of this process as it began: little
// of most programs, and much of one that is built to find races. It is 0 where
// there is no Linux to ask.
func ownData() uint64 {
	text, err := os.ReadFile("/proc/self/statm") // in pages; see proc(5)
	if err != nil {
		return 0
	}
	var size, resident, shared, code, library, data uint64
	if _, err := fmt.Sscan(string(text), &size, &resident, &shared, &code, &library, &data); err != nil {
		return 0
	}
	return data * uint64(os.Getpagesize())
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
