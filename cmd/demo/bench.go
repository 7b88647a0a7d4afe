package main

import (
	"context"
	"errors"
	"io"
)

func bench(ctx context.Context, o options, stdout, stderr io.Writer) error {
	return errors.New("later")
}
