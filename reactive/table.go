// A list of short lists in one block of memory: what the engine walks at every change.

package reactive

// table is a list of lists. List i is items[at[i]:at[i+1]].
type table[T any] struct {
	at    []int32
	items []T
}

// of gives list i.
func (t *table[T]) of(i int32) []T { return t.items[t.at[i]:t.at[i+1]] }

// newTable makes a table to append to, with room for n lists.
func newTable[T any](n int) table[T] {
	return table[T]{at: append(make([]int32, 0, n+1), 0)}
}

// end ends the list whose items were appended, so that the next one can begin.
func (t *table[T]) end() { t.at = append(t.at, int32(len(t.items))) }

// keyed is an item on its way into list key.
type keyed[T any] struct {
	key  int32
	item T
}

// group makes n lists of keyed items. Each keeps the order in which its items stand.
func group[T any](n int, list []keyed[T]) table[T] {
	t := table[T]{at: make([]int32, n+1), items: make([]T, len(list))}
	for i := range list {
		t.at[list[i].key]++
	}
	sum := int32(0) // make each entry the end of its list, then fill from the back
	for i := range t.at {
		sum += t.at[i]
		t.at[i] = sum
	}
	for i := len(list) - 1; i >= 0; i-- {
		k := list[i].key
		t.at[k]--
		t.items[t.at[k]] = list[i].item
	}
	return t
}
