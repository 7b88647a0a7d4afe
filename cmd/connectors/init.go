package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

// initial is the folder that init writes.
//
//go:embed all:initial
var initial embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "write a folder to start from",
		Long: `Writes a folder to start from: connectors.yaml with two environments, a file of
defaults, a connector for each environment, and a workflow that plans pull
requests and applies what is merged. What is there already is never overwritten.`,
		Example: "  connectors init myfolder\n  connectors render --dir myfolder --env dev",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.Usage(c, "cannot use %q: connectors init takes one FOLDER", args[1])
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error {
			dir := a.dir
			if len(args) > 0 {
				dir = args[0]
			}
			return a.initialise(dir)
		},
	}
}

// initialise writes the folder, and nothing if a file of it is there already.
func (a *app) initialise(dir string) error {
	files, err := fs.Sub(initial, "initial")
	if err != nil {
		return fmt.Errorf("cannot read what to write: %w", err)
	}
	var names []string
	var there []error
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		names = append(names, name)
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, fmt.Errorf("cannot write %s: it is there already", filepath.Join(dir, filepath.FromSlash(name))))
		}
		return nil
	})
	if err = errors.Join(append(there, err)...); err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("cannot read what to write: %w", err)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("cannot make the folder: %w", err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return fmt.Errorf("cannot write the folder: %w", err)
		}
	}
	return a.write(written{Folder: dir, Files: names}, func() error {
		for _, name := range names {
			a.printf("%s", filepath.Join(dir, filepath.FromSlash(name)))
		}
		in := ""
		if dir != a.dir {
			in = " --dir " + cli.Word(dir)
		}
		a.printf("\nNow see what the files give, and what they would change:\n  connectors render%s --env dev\n  connectors plan%s --env dev", in, in)
		return nil
	})
}

// written is a folder that was written, as init and export tell machines.
type written struct {
	Folder     string   `json:"folder"`
	Files      []string `json:"files"` // in the folder, with slashes
	Connectors *int     `json:"connectors,omitempty"`
}
