package connectors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// The names a folder is made of.
const (
	// FilesFolder holds a folder for each environment.
	FilesFolder = "connectors"
	// SettingsFile, beside it, describes the environments. It is optional.
	SettingsFile = "connectors.yaml"
)

// A Folder holds the files that describe connectors:
//
//	connectors.yaml                  optional: clusters, variables, policies
//	connectors/defaults.libsonnet    what files import
//	connectors/prod/**/s3.jsonnet    one connector, or several, of an environment
//	connectors/prod/**/jdbc.yaml     likewise; or .yml, or .json
type Folder struct {
	// NoCommands refuses references of the form {command: …}, for folders
	// whose author may not run programs here. By default, they are run.
	NoCommands bool
	// NoReferences refuses references of every form, for folders that come
	// without what they could refer to, and says what to do instead. By
	// default, they are followed.
	NoReferences string

	dir          string // absolute
	settings     settings
	environments []string
}

// Open looks into a folder and reads its connectors.yaml. It reads no
// connectors yet, and no credentials. All mistakes in connectors.yaml are
// reported together, as [*Mistakes].
func Open(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the folder: %w", err)
	}
	switch about, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot open the folder %s: it is not there", dir)
	case err == nil && !about.IsDir():
		return nil, fmt.Errorf("cannot open the folder %s: it is a file", dir)
	}
	f := &Folder{dir: dir}
	if f.settings, err = readSettings(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(dir, FilesFolder))
	if err != nil {
		return nil, notAFolder(dir, err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			f.environments = append(f.environments, entry.Name())
		}
	}
	return f, nil
}

// notAFolder says what is missing, and the folder that may have been meant.
func notAFolder(dir string, err error) error {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot open the folder %s: %w", dir, err)
	case filepath.Base(dir) == FilesFolder:
		return fmt.Errorf("cannot open the folder %s: it holds no %s/; if it is that one, give the folder it is in", dir, FilesFolder)
	}
	return fmt.Errorf("cannot open the folder %s: it holds no %s/ with a folder for each environment", dir, FilesFolder)
}

// Dir is the folder's absolute path.
func (f *Folder) Dir() string { return f.dir }

// Environments names the environments there are, sorted: the folders under
// connectors/.
func (f *Folder) Environments() []string { return slices.Clone(f.environments) }

// Owner is the owner that connectors.yaml names, or "".
func (f *Folder) Owner() string { return string(f.settings.Owner) }

// Environment gives an environment as connectors.yaml describes it. Without
// a description it has one cluster, named "default", whose URLs the caller has
// to set.
func (f *Folder) Environment(name string) (*Environment, error) {
	if !slices.Contains(f.environments, name) {
		known := slices.Sorted(maps.Keys(f.settings.Environments))
		if slices.Contains(known, name) {
			return nil, fmt.Errorf("cannot use the environment %q: %s describes it, but there is no folder %s", name, SettingsFile, path.Join(FilesFolder, name))
		}
		return nil, fmt.Errorf("cannot use the environment %q: there is no folder %s%s", name, path.Join(FilesFolder, name), nearest.Hint(name, f.environments))
	}
	return f.environment(name), nil
}

// extensions are those of the files that describe connectors.
func describes(name string) bool {
	return slices.Contains([]string{".jsonnet", ".json", ".yaml", ".yml"}, path.Ext(name))
}

// files lists the files of an environment, sorted. What would silently be left
// out, and its connectors be taken for deleted, is a mistake.
func files(root fs.FS, environment string) ([]string, []Mistake) {
	var found []string
	var wrong []Mistake
	err := fs.WalkDir(root, path.Join(FilesFolder, environment), func(name string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			wrong = append(wrong, Mistake{File: name, Message: "cannot be read: " + pathless(err)})
			return fs.SkipDir
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden:
		case entry.Type()&fs.ModeSymlink != 0:
			if info, err := fs.Stat(root, name); err != nil {
				wrong = append(wrong, Mistake{File: name, Message: "is a symbolic link that leads out of the folder, or nowhere"})
			} else if info.IsDir() {
				wrong = append(wrong, Mistake{File: name, Message: "is a symbolic link to a folder, which is not followed: move the folder here"})
			} else if describes(name) {
				found = append(found, name)
			}
		case describes(name):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		wrong = append(wrong, Mistake{File: path.Join(FilesFolder, environment), Message: pathless(err)})
	}
	return found, wrong
}

// pathless is an error without the path, which is named beside it.
func pathless(err error) string {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
