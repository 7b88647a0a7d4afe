// Package folder reads the folder of connectors that an operator attaches to an
// application as one file: a tar, a tar.gz or a zip. It unpacks the archive within
// bounds and evaluates what an environment's files want. It knows neither Juju
// nor what runs; package workers compares and writes.
//
//	archive ── Fingerprint ──▶ has it changed?
//	        ── Read ──▶ *Wanted
//
// Whoever may attach an archive decides what runs in Connect, and nothing else:
// what is in it cannot read the unit's files or environment, run a program, or
// write outside the folder it is unpacked to.
package folder
