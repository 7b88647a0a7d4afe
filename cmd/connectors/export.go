package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

func (a *app) exportCommand() *cobra.Command {
	var out string
	var force, flat bool
	c := &cobra.Command{
		Use:   "export [flags] --out FOLDER [NAME|PATTERN...]",
		Short: "write a folder that describes what a cluster runs",
		Long: `Writes a folder that describes what a cluster runs, so that its plan is empty:
the way in for who has connectors already. Values that connectors of a class
have in common go to a file of defaults. Passwords go to secrets.ENV.json, which
.gitignore names and the files read as a variable.`,
		Example: `  connectors export --url http://connect.example.com:8083 --env prod --out myfolder
  connectors plan --dir myfolder --env prod`,
		ValidArgsFunction: a.completeLive,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case out == "":
				return cli.Usage(c, "cannot export without --out: it is the folder to write")
			case a.env == "":
				return cli.Usage(c, "cannot export without --env: it is the name of the environment in the new folder")
			}
			return a.export(c.Context(), out, args, flat, force)
		},
	}
	c.Flags().StringVar(&out, "out", "", "the `FOLDER` to write")
	c.Flags().BoolVar(&force, "force", false, "overwrite files that are there")
	c.Flags().BoolVar(&flat, "flat", false, "every key in the connector's own file, no file of defaults")
	_ = c.MarkFlagDirname("out") // fails for unknown flags only
	return c
}

func (a *app) export(ctx context.Context, out string, patterns []string, flat, force bool) error {
	targets, err := a.targets(ctx)
	if err != nil {
		return err
	}
	if len(targets) != 1 {
		return fmt.Errorf("cannot export several clusters into one environment: add --cluster, one of %s", where(targets))
	}
	live, err := targets[0].observe(ctx)
	if err != nil {
		return err
	}
	known := slices.Sorted(maps.Keys(live.Connectors))
	used := make([]bool, len(patterns))
	kept := a.exportable(known, patterns, used)
	options := connectors.ExportOptions{Environment: a.env, Owner: a.owner, Flat: flat, Keep: func(name string) bool {
		return slices.Contains(kept, name)
	}}
	if err := unmatched(patterns, used, known, "on "+where(targets)); err != nil {
		return err
	}
	if options.Owner == "" {
		options.Owner = a.formerOwner(live, options.Keep)
	}
	options.URLs = a.urls
	if targets[0].cluster != nil {
		options.URLs = targets[0].cluster.URLs
	}
	options.URLs, err = withoutCredentials(options.URLs)
	if err != nil {
		return err
	}
	files, err := connectors.Export(live, options)
	if err != nil {
		return err
	}
	if err := writeFolder(out, files, force, connectors.SecretsFile(a.env)); err != nil {
		return err
	}
	return a.tellExported(out, len(kept), files)
}

// exportable are the names that are asked for. One that no folder could deploy is
// left out and warned of, unless somebody asks for just that one.
func (a *app) exportable(known, patterns []string, used []bool) (kept []string) {
	for _, name := range known {
		if !matches(name, patterns, used) {
			continue
		}
		if err := connect.CheckName(name); err != nil && !slices.Contains(patterns, name) {
			cli.Warn(a.console, "a connector is left out: %s", err)
			continue
		}
		kept = append(kept, name)
	}
	return kept
}

// formerOwner is the owner that the connectors carry already, of the same
// environment; "" for none. Others make conflicts, which is said.
func (a *app) formerOwner(live *connectors.Live, keep func(string) bool) string {
	found := map[string]bool{}
	for name, now := range live.Connectors {
		if owner := now.Info.Config[connectors.OwnerKey]; owner != "" && keep(name) {
			found[owner] = true
		}
	}
	owners := slices.Sorted(maps.Keys(found))
	if len(owners) == 1 {
		if owner, same := strings.CutSuffix(owners[0], "/"+a.env); same {
			return owner
		}
	}
	if len(owners) > 0 {
		cli.Warn(a.console, "there are connectors that carry the owner %s: plans will show them as conflicts; --owner and --env say another one, and apply --take-over makes them yours",
			list(owners, 3))
	}
	return ""
}

// withoutCredentials takes the user and the password out of addresses.
func withoutCredentials(addresses []string) ([]string, error) {
	bare := make([]string, len(addresses))
	for i, address := range addresses {
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, errors.New("cannot understand the address of --url")
		}
		parsed.User = nil
		bare[i] = parsed.String()
	}
	return bare, nil
}

// writeFolder writes files; unless forced, nothing if one is there with
// another text. Only its owner may read the one with the secrets.
func writeFolder(dir string, files map[string][]byte, force bool, secrets string) error {
	names := slices.Sorted(maps.Keys(files))
	var there []error
	for _, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(to)
		if !force && !errors.Is(err, fs.ErrNotExist) && !bytes.Equal(text, files[name]) {
			there = append(there, fmt.Errorf("cannot write %s: it is there already, and --force is not given", to))
		}
	}
	if err := errors.Join(there...); err != nil {
		return err
	}
	for _, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("cannot make the folder: %w", err)
		}
		mode := fs.FileMode(0o644)
		if name == secrets {
			mode = 0o600
		}
		if err := os.WriteFile(to, files[name], mode); err != nil {
			return fmt.Errorf("cannot write the folder: %w", err)
		}
	}
	return nil
}

// tellExported says what was written, and what to do next.
func (a *app) tellExported(out string, exported int, files map[string][]byte) error {
	if secrets := connectors.SecretsFile(a.env); files[secrets] != nil {
		defer cli.Warn(a.console, "%s holds passwords; .gitignore keeps it out of Git", filepath.Join(out, secrets))
	}
	result := written{Folder: out, Files: slices.Sorted(maps.Keys(files)), Connectors: &exported}
	return a.write(result, func() error {
		a.printf("wrote %s in %s to %s", count(exported, "connector"), count(len(files), "file"), out)
		a.printf("\nSee that nothing would change:\n  connectors plan --dir %s --env %s", cli.Word(out), cli.Word(a.env))
		return nil
	})
}
