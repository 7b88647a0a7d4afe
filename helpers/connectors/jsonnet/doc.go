// Package jsonnet evaluates the Jsonnet files of one folder, and survives
// what is in them.
//
// Jsonnet is a language without a way to stop it: a loop never ends, an array
// of a billion elements is a few bytes of source, and 200 KB of "[" overflow
// the stack of a Go process beyond recovery. So no file is evaluated in the
// process that asks. An [Evaluator] starts its own program again as children
// ([ServeChild]) that may use so much memory and time and no more, gives each
// one file after the other, and when one dies it knows which file it was, says
// so, and goes on with a new one.
//
// Files are read through an os.Root: an import, importstr or importbin that is
// absolute, leaves the folder (by ".." or by a symbolic link), or leads to
// something that is not a regular file is refused. std.native gives nothing,
// and std.extVar what [Evaluator.Variables] holds.
//
// What a file evaluates to depends on its own text, on that of everything it
// imports, and on the variables it names; all three are found in its syntax
// tree. A result is kept in [Evaluator.CacheFile] with their hashes and taken
// from there until one of them changes. What a secret variable went into is
// never kept.
package jsonnet
