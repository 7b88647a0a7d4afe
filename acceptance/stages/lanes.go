package main

// Which stages run when.

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is how a stage went.
type result struct {
	stage
	err  error
	took time.Duration
}

// inLanes performs all stages in their order, so many at a time at most. None begins
// before the one that it comes after is over, nor before one that stands before it.
// It gives the results in the same order.
func inLanes(stages []stage, lanes int, perform func(stage) result) []result {
	waiting, running := slices.Clone(stages), map[string]bool{}
	done := make(chan result)
	var results []result
	for len(waiting)+len(running) > 0 {
		for len(running) < lanes && len(waiting) > 0 && !running[waiting[0].after] {
			s := waiting[0]
			waiting = waiting[1:]
			running[s.name] = true
			go func() { done <- perform(s) }()
		}
		r := <-done
		delete(running, r.name)
		results = append(results, r)
	}
	slices.SortFunc(results, func(a, b result) int { return place(stages, a) - place(stages, b) })
	return results
}

func place(stages []stage, r result) int {
	return slices.IndexFunc(stages, func(s stage) bool { return s.name == r.name })
}

// laneMiB is what the machine should have for a stage, of which the largest take 1.5 GiB.
const laneMiB = 2 << 10

// lanesFrom reads how many lanes there should be. By default, two for each
// processor as far as memory goes: a stage keeps half of one busy.
func lanesFrom(text string, stages int) (int, error) {
	if text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("ACCEPTANCE_LANES is %q: say how many stages may run side by side, such as 1 or 4", text)
		}
		return min(n, stages), nil
	}
	n := 2 * runtime.NumCPU()
	if free := availableMiB(); free > 0 {
		n = min(n, free/laneMiB)
	}
	return min(max(n, 1), stages), nil
}

// availableMiB is the memory that the machine can give, 0 where nobody says.
func availableMiB() int {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kib, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			return kib >> 10
		}
	}
	return 0
}
