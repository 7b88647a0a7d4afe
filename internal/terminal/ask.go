package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNobody says that there is nobody to ask.
var ErrNobody = errors.New("there is no terminal to ask at")

// Ask puts a question that is answered by y or n; anything but a y is a no. It
// gives [ErrNobody] where the input or the questions are no terminal, and the
// context's error when that ends first.
func (t *Terminal) Ask(ctx context.Context, question string) (bool, error) {
	if !Is(t.In) || !Is(t.Err) {
		return false, ErrNobody
	}
	if _, err := fmt.Fprintf(t.Err, "%s [y/N] ", t.ErrInk.Bold(question)); err != nil {
		return false, err
	}
	answered := make(chan string, 1)
	failed := make(chan error, 1)
	go func() { // it stays behind when the context ends: a read cannot be taken back
		line, err := bufio.NewReader(t.In).ReadString('\n')
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(t.Err) // nobody pressed Enter
		}
		if err != nil && !errors.Is(err, io.EOF) {
			failed <- err
			return
		}
		answered <- line
	}()
	select {
	case line := <-answered:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return true, nil
		}
		return false, nil
	case err := <-failed:
		return false, fmt.Errorf("cannot read the answer: %w", err)
	case <-ctx.Done():
		fmt.Fprintln(t.Err)
		return false, context.Cause(ctx)
	}
}
