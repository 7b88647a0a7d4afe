// Package juju29 holds the hook tools of Juju 2.9 against charmtest's and against
// the project's own way of calling them. The server and the commands are Juju's
// own, as is one of the two clients; the context that the commands ask is ours,
// and says what the probe charm of charmtest/testdata is told there.
//
// Juju is licensed under the AGPL, and so is this module, which nothing imports.
package juju29
