package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// SecretsVariable is what std.extVar gives [Options.Secrets] for.
const SecretsVariable = "secrets"

// Options say what of an archive is meant, and for whom.
type Options struct {
	// Environment is the folder's name under connectors/. By default, the only
	// one there is.
	Environment string
	// Cluster is the name of the Connect cluster. Where connectors.yaml has one
	// of this name its files count; by default, all of the environment.
	Cluster string
	// Owner is who keeps the connectors where connectors.yaml does not say.
	Owner string
	// Secrets is what std.extVar("secrets") gives, in JSON. By default, there is
	// no such variable.
	Secrets string
	// Dir is a folder of this package's own, for what is unpacked and for what
	// need not be evaluated again.
	Dir string
}

// A Wanted is what the files of an environment want of one cluster.
type Wanted struct {
	Environment string
	// Connectors are sorted by name.
	Connectors []connectors.Connector
	// Policy is that of connectors.yaml, with the owner.
	Policy connectors.Policy
}

// Files says for each connector which file wants it.
func (w *Wanted) Files() map[string]string {
	files := make(map[string]string, len(w.Connectors))
	for _, c := range w.Connectors {
		files[c.Name] = c.Source.String()
	}
	return files
}

// Fingerprint tells two archives apart. It is "" for an empty file, which stands
// for none: some versions of Juju want a file for every resource.
func Fingerprint(archive string) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", fmt.Errorf("cannot read the attached connectors: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, file)
	if err != nil {
		return "", fmt.Errorf("cannot read the attached connectors: %w", err)
	}
	if n == 0 {
		return "", nil
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// A WrongError says that an archive, or what is asked of it, is not as it should
// be: somebody has to mend it.
type WrongError struct {
	// First is the first thing that is wrong, in one line; there are Count.
	First string
	Count int
	// All says everything.
	All error
}

// Error gives the first, and how many more there are.
func (e *WrongError) Error() string {
	if e.Count > 1 {
		return fmt.Sprintf("%s (and %d more)", e.First, e.Count-1)
	}
	return e.First
}

// Unwrap gives everything.
func (e *WrongError) Unwrap() error { return e.All }

func wrong(err error) error {
	var mistakes *connectors.Mistakes
	if errors.As(err, &mistakes) {
		first, _, _ := strings.Cut(mistakes.Each[0].String(), "\n")
		return &WrongError{First: first, Count: len(mistakes.Each), All: err}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return &WrongError{First: first, Count: 1, All: err}
}

// Read unpacks an archive and evaluates what it wants. What is wrong with it is
// a [*WrongError]; then nothing is wanted, which is not the same as to want nothing.
func Read(ctx context.Context, archive string, o Options) (*Wanted, error) {
	defer os.RemoveAll(filepath.Join(o.Dir, unpacked)) // what stays is removed by the next one
	dir, err := prepare(archive, o.Dir)
	if err != nil {
		return nil, err
	}
	f, err := connectors.Open(dir)
	if err != nil {
		return nil, wrong(err)
	}
	f.NoCommands, f.NoReferences = true, "an attached folder comes without it; give secrets by the option connectors-secrets"
	e, err := environment(f, o)
	if err != nil {
		return nil, wrong(err)
	}
	options := connectors.LoadOptions{CacheDir: filepath.Join(o.Dir, "cache")}
	if o.Secrets != "" {
		options.Secrets = map[string]string{SecretsVariable: o.Secrets}
	}
	desired, err := f.Load(ctx, e, options)
	var mistakes *connectors.Mistakes
	switch {
	case errors.As(err, &mistakes):
		return nil, wrong(err)
	case err != nil:
		return nil, fmt.Errorf("cannot evaluate the attached connectors: %w", err)
	}
	w := &Wanted{Environment: e.Name, Policy: e.Policy, Connectors: desired.Connectors}
	if len(e.Clusters) == 1 {
		w.Connectors = desired.For(e.Clusters[0])
	}
	return w, twice(w)
}

// twice: connectors.yaml may give two clusters a connector of one name each.
func twice(w *Wanted) error {
	for i := 1; i < len(w.Connectors); i++ {
		if a, b := w.Connectors[i-1], w.Connectors[i]; a.Name == b.Name {
			return wrong(fmt.Errorf("%s and %s both describe connector %q, for two clusters: name one of the clusters in %s like the application",
				a.Source, b.Source, a.Name, connectors.SettingsFile))
		}
	}
	return nil
}

// environment takes the one that is meant, and of its clusters the one of our name.
func environment(f *connectors.Folder, o Options) (*connectors.Environment, error) {
	name, all := o.Environment, f.Environments()
	switch {
	case len(all) == 0:
		return nil, errors.New("connectors/ holds no folder of an environment")
	case name == "" && len(all) > 1:
		return nil, fmt.Errorf("the folder has the environments %s: set option connectors-env to one of them", strings.Join(all, ", "))
	case name == "":
		name = all[0]
	}
	e, err := f.Environment(name)
	if err != nil {
		return nil, fmt.Errorf("option connectors-env: %w", err)
	}
	if i := slices.IndexFunc(e.Clusters, func(c *connectors.Cluster) bool { return c.Name == o.Cluster }); i >= 0 {
		e.Clusters = e.Clusters[i : i+1]
	}
	owner := f.Owner()
	if owner == "" {
		owner = o.Owner
	}
	if err := connectors.CheckOwner(owner); err != nil {
		return nil, err
	}
	e.SetOwner(owner)
	return e, nil
}

// unpacked is where an archive is unpacked to, in [Options.Dir]: always the same
// place, by which the cache of results knows the folder.
const unpacked = "folder"

// prepare unpacks, and finds the folder in it: connectors/ lies at the top, or
// in the one folder there is.
func prepare(archive, own string) (string, error) {
	dir := filepath.Join(own, unpacked)
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", fmt.Errorf("cannot make room for the attached connectors: %w", err)
	}
	file, err := os.Open(archive)
	if err != nil {
		return "", fmt.Errorf("cannot read the attached connectors: %w", err)
	}
	defer file.Close()
	if err := unpack(file, dir); err != nil {
		return "", wrong(fmt.Errorf("cannot unpack the archive: %w", err))
	}
	top, err := names(dir)
	if err != nil {
		return "", err
	}
	if len(top) == 1 && top[0] != connectors.FilesFolder {
		if inner, err := names(filepath.Join(dir, top[0])); err == nil && slices.Contains(inner, connectors.FilesFolder) {
			return filepath.Join(dir, top[0]), nil
		}
	}
	if !slices.Contains(top, connectors.FilesFolder) {
		return "", wrong(fmt.Errorf("the archive holds no %s/ with a folder for each environment; at its top there is %s",
			connectors.FilesFolder, strings.Join(top[:min(len(top), 5)], ", ")))
	}
	return dir, nil
}

func names(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}
