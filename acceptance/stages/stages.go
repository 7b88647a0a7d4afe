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

// all are the stages in the order in which they should begin: first those that fetch
// and compile the first time, and then what is long before what is short.
func all(versions []string) []stage {
	tests := func(releases []string, folder, packages string) string {
		// -p 1 lets one see what a test says while it runs. Without what a debugger needs programs are linked in half the time.
		return fmt.Sprintf("cd %s && KAFKA_VERSIONS='%s' go test -p 1 -ldflags='-s -w' -count=1 -v -timeout 60m %s", folder, strings.Join(releases, " "), packages)
	}
	stages := []stage{{build, "twelve minutes to compile a Kubernetes API server, Juju's unit agent and its controller",
		life("-build") + " && cd acceptance/juju && go test -c -ldflags='-s -w' -o /dev/null .", ""}}
	for _, version := range versions {
		stages = append(stages, stage{"kafka-" + version, "two minutes to fetch its jars", tests([]string{version}, "acceptance", "./kafka/..."), ""})
	}
	stages = append(stages, stage{"tools29", "three minutes to compile the hook tools of Juju 2.9", tests(nil, "acceptance/juju29", "./..."), ""})
	stages = append(stages, stage{"controller", "half a minute to fetch a database",
		controller(tests(nil, "acceptance/juju", "-run '^TestStory/^own$|^TestOwn' ./...")), build})
	for _, version := range versions {
		stages = append(stages, stage{"life-" + version, "", life("-table \"$STEPS_TABLE\" -kafka " + version), build})
	}
	for _, version := range versions {
		stages = append(stages, stage{"bench-" + version, "", tests([]string{version}, "acceptance", "./benchconnectors"), ""})
	}
	return append(stages,
		stage{"kubernetes", "", tests(versions, "acceptance/kubernetes", "./..."), build},
		stage{"juju", "", tests(nil, "acceptance/juju", "-skip '^TestStory/^own$|^TestOwn' ./..."), build},
		stage{"charm", "", tests(versions, "acceptance", "./charm/..."), ""},
		stage{"charmcraft", "a minute to install charmcraft", tests(nil, "acceptance", "./charmcraft"), ""},
		stage{"killed", "", tests(nil, "acceptance", "./life"), build},
		stage{"takeover", "", tests(versions, "acceptance", "./takeover/..."), ""},
		stage{"shells", "", tests(nil, "acceptance", "./shells"), ""},
		stage{"stages", "", tests(nil, "acceptance", "./stages ./realkafka"), ""},
	)
}

// controller is a command that first fetches the database of Juju's controller, which
// is the only part that comes from Ubuntu's archive: see notRun.
func controller(tests string) string {
	return "(cd acceptance/juju && go build -o ../../build/acceptance/mongod ./mongod) && build/acceptance/mongod -fetch && " + tests
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
