//go:build !linux

package pty

import (
	"errors"
	"os"
	"os/exec"
)

func open(int, int) (controller, screen *os.File, err error) {
	return nil, nil, errors.New("cannot have a terminal: they are played on Linux only")
}

func own(*exec.Cmd) {}
