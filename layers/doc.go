// Package layers makes a charm's folder of layers, as layered charms are made:
// each layer is a folder that adds to those below it or overrules them.
//
// A layer names in the includes of its layer.yaml what it stands on. [Finder]
// finds these layers, among them those that are Go modules, [Compose] joins their
// files by the rules of Juju's charm build (docs/reference/layers.md has them all,
// and where this package differs), and [Charm.Write] writes the folder. Every
// mistake comes with its file and line.
//
// Compiling the charm's program is not done here: see cmd/kcb.
package layers

import (
	"context"
	"errors"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// Make finds what a layer's folder stands on, and writes the charm's files into
// the folder out. The layers may also be given all, the lowest first; then
// nothing is looked for. Everything for which Juju would refuse the charm is in
// the error. What is in the folder already, such as a compiled program, stays.
func Make(ctx context.Context, out string, dirs ...string) error {
	if len(dirs) == 0 {
		return errors.New("cannot make a charm of no layer")
	}
	stack, problems := Stack{}, charmdir.Problems(nil)
	if len(dirs) == 1 {
		stack, problems = Finder{}.Find(ctx, dirs[0])
	} else {
		for _, dir := range dirs {
			layer, wrong := readLayer("", dir)
			problems = append(problems, wrong...)
			stack.add(layer)
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	charm, problems := Compose(stack)
	problems = append(problems, charmdir.Check(charm.Documents)...)
	if err := problems.Sorted().Err(); err != nil {
		return err
	}
	return charm.Write(out)
}
