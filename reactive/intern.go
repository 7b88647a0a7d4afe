// Numbers for names: the engine's dictionary, which is most of what compiling costs.

package reactive

import "hash/maphash"

// interner numbers names from 0 in the order in which they come. It is a hash table without deletion: a name costs one
// look at it and, as the hash stands beside the number, hardly ever a look at another name.
type interner struct {
	names []string
	slots []slot // a power of two of them, at most three quarters in use
	seed  maphash.Seed
	last  int32 // the name interned last
}

type slot struct {
	hash uint32
	id   int32 // of the name, plus 1; 0 in a slot that is free
}

// newInterner has room for n names before it grows.
func newInterner(n int) interner {
	size := 16
	for 3*size < 4*n {
		size *= 2
	}
	return interner{names: make([]string, 0, n), slots: make([]slot, size), seed: maphash.MakeSeed()}
}

// intern gives the number of a name, and whether it had one. The name it was given last comes for nothing, because it is
// so often the next one too: a rule sets the flag whose absence it waits for, and the next rule waits for that flag.
func (t *interner) intern(name string) (id int32, known bool) {
	if len(t.names) > 0 && t.names[t.last] == name {
		return t.last, true
	}
	if 4*len(t.names) >= 3*len(t.slots) {
		t.grow()
	}
	hash := t.hash(name)
	s := t.slot(hash, name)
	if known = s.id > 0; !known {
		*s = slot{hash, t.add(name) + 1}
	}
	t.last = s.id - 1
	return t.last, known
}

// add numbers a name that nobody will look for.
func (t *interner) add(name string) int32 {
	t.names = append(t.names, name)
	return int32(len(t.names) - 1)
}

// find gives the number of a name, or -1 if it has none.
func (t *interner) find(name string) (id int32, known bool) {
	s := t.slot(t.hash(name), name)
	return s.id - 1, s.id > 0
}

func (t *interner) hash(name string) uint32 { return uint32(maphash.String(t.seed, name)) }

// slot is where the name is, or the free slot where it belongs.
func (t *interner) slot(hash uint32, name string) *slot {
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.id == 0 || s.hash == hash && t.names[s.id-1] == name {
			return s
		}
	}
}

func (t *interner) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.id > 0 {
			*t.slot(s.hash, t.names[s.id-1]) = s
		}
	}
}
