package main

// The table: what both tools took, step by step.

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// writeTable writes a line for each tool in each step, with how many times as fast as the script it was.
func writeTable(to io.Writer, results []result) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\twith\twall\tratio\tgoal\trebalances\tload\trequests")
	script := map[string]time.Duration{}
	for _, r := range results {
		if r.tool == "script" {
			script[r.name] = r.wall
		}
	}
	var printed []string
	for _, r := range results {
		if slices.Contains(printed, r.name) {
			continue
		}
		printed = append(printed, r.name)
		for _, of := range results {
			if of.name == r.name {
				fmt.Fprintln(table, strings.Join(of.cells(script[r.name]), "\t"))
			}
		}
	}
	_ = table.Flush()
}

// cells are a line of the table. Than is what the script took, 0 for unknown.
func (r result) cells(than time.Duration) []string {
	ratio, goal := "", ""
	if r.tool != "script" && than > 0 {
		times := float64(than) / float64(r.wall)
		ratio = fmt.Sprintf("%.1f", times)
		switch {
		case r.goal > 0 && times >= r.goal:
			goal = fmt.Sprintf("%.0f, reached", r.goal)
		case r.goal > 0:
			goal = fmt.Sprintf("%.0f, MISSED", r.goal)
		}
	}
	var requests []string
	for _, of := range slices.Sorted(maps.Keys(r.requests)) {
		requests = append(requests, fmt.Sprintf("%d %s", r.requests[of], of))
	}
	return []string{r.name, r.tool, seconds(r.wall), ratio, goal, fmt.Sprint(r.rebalances), r.load, strings.Join(requests, "; ")}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// load is how many processes wanted a processor in the last minute, those of other work on the machine included; empty
// where the system does not say.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	average, _, _ := strings.Cut(string(text), " ")
	return average
}
