package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func (a *app) renderCommand() *cobra.Command {
	var how evaluation
	var outDir string
	c := &cobra.Command{
		Use:   "render [flags] [NAME|PATTERN...]",
		Short: "print the configurations that the files give",
		Long: `Prints the configurations that the files of an environment give, as Connect
would get them, without the owner. One connector is a JSON object, several are
an array; as YAML each is a document. No cluster is asked.

The passwords that variables of connectors.yaml bring in are printed too.`,
		Example: `  connectors render --env prod orders
  connectors render --env prod 'mongo-*' -o yaml
  connectors render --env prod --out-dir rendered`,
		ValidArgsFunction: a.completeFiles,
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.load(c.Context(), how)
			if err != nil {
				return err
			}
			found, err := files.named(args)
			switch {
			case err != nil:
				return err
			case outDir != "":
				return a.renderInto(outDir, found)
			case a.output == yamlOutput:
				return a.renderYAML(found)
			}
			return a.renderJSON(found)
		},
	}
	how.flags(c)
	c.Flags().StringVar(&outDir, "out-dir", "", "write each configuration into a file of this `FOLDER`, as NAME.json")
	return c
}

func (a *app) renderJSON(found []connectors.Connector) error {
	if len(found) == 1 {
		text, err := connectors.Render(found[0])
		if err != nil {
			return err
		}
		_, err = a.console.Out.Write(text)
		return err
	}
	all := make([]json.RawMessage, len(found))
	for i, c := range found {
		text, err := connectors.Render(c)
		if err != nil {
			return err
		}
		all[i] = text
	}
	encoder := json.NewEncoder(a.console.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "   ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("cannot render the connectors: %w", err)
	}
	return nil
}

func (a *app) renderYAML(found []connectors.Connector) error {
	for i, c := range found {
		if i > 0 {
			a.printf("---")
		}
		text, err := connectors.Render(c)
		if err != nil {
			return err
		}
		if err := terminal.WriteYAML(a.console.Out, json.RawMessage(text)); err != nil {
			return err
		}
	}
	return nil
}

// renderInto writes each configuration into a file of its own.
func (a *app) renderInto(dir string, found []connectors.Connector) error {
	from := map[string]connectors.Source{}
	for _, c := range found {
		if other, twice := from[c.Name]; twice {
			return fmt.Errorf("cannot write %s.json twice: %s and %s describe it, for different clusters; add --cluster", c.Name, other, c.Source)
		}
		from[c.Name] = c.Source
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder: %w", err)
	}
	for _, c := range found {
		text, err := connectors.Render(c)
		if err != nil {
			return err
		}
		// They may hold passwords that came from outside the folder.
		if err := os.WriteFile(filepath.Join(dir, c.Name+".json"), text, 0o600); err != nil {
			return fmt.Errorf("cannot write the configuration of %q: %w", c.Name, err)
		}
	}
	a.printf("wrote %s to %s", count(len(found), "configuration"), dir)
	return nil
}
