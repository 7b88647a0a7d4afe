// The nearest name: what the author may have meant.

package reactive

import "slices"

// nearest gives the name that takes the fewest strokes to reach, and whether it is near enough to suggest: a third of
// its letters, at least one stroke. Of equals it is the first.
func nearest(name string, among []string) (string, bool) {
	best, found := "", false
	least := max(1, len(name)/3) + 1
	for _, candidate := range among {
		if candidate == name {
			continue
		}
		if d := strokes([]rune(name), []rune(candidate)); d < least {
			best, least, found = candidate, d, true
		}
	}
	return best, found
}

// strokes counts the letters to insert, delete, replace or swap with a neighbour to make one text of the other.
func strokes(a, b []rune) int {
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			row[j+1] = min(last[j+1], row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], last[j])
			} else {
				row[j+1] = min(row[j+1], last[j]+1)
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, slices.Clone(last)
	}
	return last[len(b)]
}
