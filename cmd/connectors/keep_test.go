package main

import (
	"testing"
	"time"
)

// A connector that fails again and again is restarted with growing pauses,
// then left alone; one that was well for long begins anew.
func TestWard(t *testing.T) {
	t.Parallel()
	known, p := ward{}, pace{first: time.Minute, most: 3}
	start := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		minutes  int
		want     ruling
		restarts int
	}{
		{0, again, 1},
		{0, letBe, 1},
		{1, again, 2}, // one minute after the first
		{2, letBe, 2},
		{3, again, 3}, // two minutes after the second
		{6, letBe, 3},
		{7, giveUp, 3},
		{8, letBe, 3},
		{67, letBe, 3},
		{127, again, 1}, // an hour without a failure
	} {
		got, one := known.rule([2]string{"a", "orders"}, start.Add(time.Duration(test.minutes)*time.Minute), p)
		if got != test.want || one.restarts != test.restarts {
			t.Errorf("after %d minutes: ruling %d and %d restarts, want %d and %d", test.minutes, got, one.restarts, test.want, test.restarts)
		}
	}
	if got, _ := known.rule([2]string{"b", "orders"}, start, p); got != again {
		t.Errorf("the same name on another cluster: ruling %d", got)
	}
}
