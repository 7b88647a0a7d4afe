package jujud

// Juju's commands, as an operator types them.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/juju/cmd/v3"
	"gopkg.in/yaml.v2"

	"github.com/juju/juju/cmd/juju/application"
	"github.com/juju/juju/cmd/juju/resource"
	"github.com/juju/juju/cmd/juju/secrets"
)

// commands are those that stories need.
func commands() map[string]func() cmd.Command {
	return map[string]func() cmd.Command{
		"deploy":             func() cmd.Command { return application.NewDeployCommand() },
		"integrate":          application.NewAddRelationCommand,
		"remove-relation":    application.NewRemoveRelationCommand,
		"config":             application.NewConfigCommand,
		"add-unit":           application.NewAddUnitCommand,
		"remove-unit":        func() cmd.Command { return application.NewRemoveUnitCommand() },
		"remove-application": application.NewRemoveApplicationCommand,
		"refresh":            application.NewRefreshCommand,
		"resolve":            application.NewResolvedCommand,
		"attach-resource":    func() cmd.Command { return resource.NewUploadCommand() },
		"add-secret":         secrets.NewAddSecretCommand,
		"update-secret":      secrets.NewUpdateSecretCommand,
		"grant-secret":       secrets.NewGrantSecretCommand,
	}
}

// juju runs a command and gives what it says; an error has its last words.
func (m *Model) juju(name string, args ...string) (string, error) {
	var out, problems bytes.Buffer
	ctx := &cmd.Context{Context: context.Background(), Dir: m.options.Dir, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems}
	code := cmd.Main(commands()[name](), ctx, args)
	m.touch()
	if code != 0 {
		return out.String(), fmt.Errorf("juju %s: %w", name, errors.New(strings.TrimSpace(problems.String())))
	}
	return out.String(), nil
}

// configFile has an application's options as `juju config --file` reads them.
func (m *Model) configFile(application string, config map[string]any) (string, error) {
	text, err := yaml.Marshal(map[string]any{application: config})
	if err != nil {
		return "", err
	}
	path := filepath.Join(m.options.Dir, application+".yaml")
	return path, os.WriteFile(path, text, 0o600)
}
