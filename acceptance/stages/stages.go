package main

// What there is to run.

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// A stage is tests on real parts, or what has to come before them.
type stage struct {
	name    string
	first   string // what the first time costs
	command string // of a shell
	after   string // the stage that has to be over before
}

// defaultVersions of Kafka are those of the Makefile.
const defaultVersions = "3.9.2 4.3.1"

// build is the stage that compiles what others would else compile side by side.
const build = "build"

// all are the stages in the order in which they should begin: what is long before
// what is short, but what is fetched and compiled before all.
func all(versions []string) []stage {
	releases := "KAFKA_VERSIONS='" + strings.Join(versions, " ") + "' "
	tests := func(folder, packages string) string {
		return "cd " + folder + " && " + releases + "go test -count=1 -v -timeout 60m " + packages
	}
	stages := []stage{
		{build, "ten minutes to compile a Kubernetes API server and Juju's unit agent", life("-build"), ""},
		{"kafka", "two minutes to fetch the jars of Kafka " + strings.Join(versions, " "), tests("acceptance", "-p 1 ./kafka/... ./benchconnectors"), ""},
	}
	for _, version := range versions {
		stages = append(stages, stage{"life-" + version, "", life("-table \"$STEPS_TABLE\" -kafka " + version), build})
	}
	return append(stages,
		stage{"kubernetes", "", tests("acceptance/kubernetes", "./..."), build},
		stage{"juju", "a minute to compile its tests", tests("acceptance/juju", "./..."), build},
		stage{"charmcraft", "a minute to install charmcraft", tests("acceptance", "./charmcraft"), ""},
		stage{"killed", "", tests("acceptance", "./life"), build},
		stage{"charm", "", tests("acceptance", "-p 1 ./charm/..."), ""},
		stage{"takeover", "", tests("acceptance", "-p 1 ./takeover/..."), ""},
		stage{"tools29", "three minutes to compile the hook tools of Juju 2.9", tests("acceptance/juju29", "./..."), ""},
		stage{"stages", "", tests("acceptance", "./stages"), ""},
	)
}

// life is a command that compiles the life and runs it.
func life(args string) string {
	return "(cd acceptance && go build -o ../build/acceptance/life ./life) && build/acceptance/life " + args
}

// choose gives those that somebody has named: a stage, all of a name with releases
// of Kafka, or the life up to a step, on one release.
func choose(ctx context.Context, stages []stage, wanted, version string) ([]stage, error) {
	chosen := slices.DeleteFunc(slices.Clone(stages), func(s stage) bool {
		name, _, _ := strings.Cut(s.name, "-")
		return wanted != s.name && wanted != name
	})
	if len(chosen) > 0 {
		return chosen, nil
	}
	list := exec.CommandContext(ctx, "bash", "-c", "cd acceptance && go run ./life -list")
	steps, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the steps of the life: %w", err)
	}
	for line := range strings.Lines(string(steps)) {
		if step, _, _ := strings.Cut(line, " "); step == wanted {
			command := life(fmt.Sprintf("-table \"$STEPS_TABLE\" -kafka %s -step %s", version, step))
			return []stage{{"life-" + version, "ten minutes to compile", command, ""}}, nil
		}
	}
	var help strings.Builder
	fmt.Fprintf(&help, "There is no STEP %q. The stages:\n", wanted)
	for _, s := range stages {
		fmt.Fprintln(&help, " ", s.name)
	}
	fmt.Fprintf(&help, "and the steps of the life:\n%s", steps)
	return nil, fmt.Errorf("%s", strings.TrimSpace(help.String()))
}
