// Package nearest finds what somebody may have meant by a name that is not
// known.
package nearest

// Of gives the known name that takes the fewest single-letter changes to
// reach, and "" when none is near: more than a third of the letters would
// change.
func Of(name string, known []string) string {
	best, found := (len([]rune(name))+2)/3+1, ""
	for _, candidate := range known {
		if d := distance([]rune(name), []rune(candidate)); d < best {
			best, found = d, candidate
		}
	}
	return found
}

// Hint gives `, did you mean "x"?`, or "" when none is near.
func Hint(name string, known []string) string {
	if found := Of(name, known); found != "" {
		return `, did you mean "` + found + `"?`
	}
	return ""
}

// distance is Levenshtein's: how many letters are added, taken or replaced.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
