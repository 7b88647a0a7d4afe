// The dictionary, where a test of the engine would need luck: names of one hash, and more names than expected.

package reactive

import (
	"fmt"
	"testing"
)

func TestInternerTellsNamesOfOneHashApart(t *testing.T) {
	t.Parallel()
	table := newInterner(4)
	for i, name := range []string{"a", "b", "c"} {
		s := table.slot(7, name)
		if s.id != 0 {
			t.Fatalf("%s is %s", name, table.names[s.id-1])
		}
		*s = slot{7, table.add(name) + 1}
		if s := table.slot(7, name); s.id != int32(i+1) {
			t.Errorf("%s has number %d", name, s.id-1)
		}
	}
}

func TestInternerGrows(t *testing.T) {
	t.Parallel()
	table := newInterner(0)
	const n = 1000
	for round := range 2 {
		for i := range n {
			if id, known := table.intern(fmt.Sprint("name ", i)); id != int32(i) || known != (round == 1) {
				t.Fatalf("round %d: name %d has number %d, known %v", round, i, id, known)
			}
		}
	}
	if id, known := table.find("another"); known || id != -1 {
		t.Errorf("another name has number %d", id)
	}
	if used := 4 * len(table.names); used > 3*len(table.slots) {
		t.Errorf("%d names in %d slots", len(table.names), len(table.slots))
	}
}
