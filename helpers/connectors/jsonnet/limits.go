package jsonnet

import "time"

// Limits say how much a file may cost before its evaluation is ended. A field
// that is zero has its default.
type Limits struct {
	// File is how many bytes one file, evaluated or imported, may have. By
	// default, 1 MiB.
	File int64
	// Total is how many bytes all files together may have. By default,
	// 64 MiB.
	Total int64
	// Nesting is how deep brackets may lie in each other. By default, 200.
	Nesting int
	// Stack is how many calls may be open at once. By default, 500, as in
	// every Jsonnet.
	Stack int
	// Output is how many bytes a result may have. By default, 16 MiB.
	Output int
	// Memory is how many bytes one evaluator may use, beyond those it begins
	// with, for one file or, while they leave something behind, several. By
	// default, 512 MiB. It is held
	// on Linux; elsewhere only CPU and Wall end a file that wants too much.
	Memory uint64
	// CPU is the processor time one file may use. By default, 5 s. Seconds
	// are counted.
	CPU time.Duration
	// Wall is how long one file may take. By default, 30 s: enough for CPU on
	// a machine that is busy with other things.
	Wall time.Duration
	// Deaths is how many files may end their evaluators before the rest is
	// skipped. By default, 5.
	Deaths int
}

// orDefaults fills in what is zero.
func (l Limits) orDefaults() Limits {
	return Limits{
		File:    or(l.File, 1<<20),
		Total:   or(l.Total, 64<<20),
		Nesting: or(l.Nesting, 200),
		Stack:   or(l.Stack, 500),
		Output:  or(l.Output, 16<<20),
		Memory:  or(l.Memory, 512<<20),
		CPU:     or(l.CPU, 5*time.Second),
		Wall:    or(l.Wall, 30*time.Second),
		Deaths:  or(l.Deaths, 5),
	}
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
