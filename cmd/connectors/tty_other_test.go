//go:build !linux

package main

import (
	"errors"

	"github.com/rogpeppe/go-internal/testscript"
)

func onTerminal(*testscript.TestScript, string, string, ...string) (string, error) {
	return "", errors.New("terminals are played on Linux only")
}
