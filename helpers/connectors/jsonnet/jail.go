package jsonnet

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/google/go-jsonnet"
)

// A jail reads the files below one folder, and nothing else. It reads each
// once.
type jail struct {
	root   *os.Root
	limits Limits
	files  map[string]source
	total  int64
}

// A source is a file that was read, or why it could not be.
type source struct {
	contents jsonnet.Contents
	hash     string // of the contents; "" with err
	err      error
}

func newJail(root *os.Root, limits Limits) *jail {
	return &jail{root: root, limits: limits, files: map[string]source{}}
}

// Import implements the library's importer.
func (j *jail) Import(from, imported string) (jsonnet.Contents, string, error) {
	at, err := resolve(from, imported)
	if err != nil {
		return jsonnet.Contents{}, "", err
	}
	s := j.read(at)
	if s.err != nil {
		return jsonnet.Contents{}, "", fmt.Errorf("cannot import %q: %w", imported, s.err)
	}
	return s.contents, at, nil
}

// resolve gives the file, below the root, that an import in another means.
func resolve(from, imported string) (string, error) {
	switch {
	case path.IsAbs(imported):
		return "", fmt.Errorf("cannot import %q: an absolute path leaves the folder; imports are relative to the file they are in", imported)
	case strings.ContainsAny(imported, "\\\x00"):
		return "", fmt.Errorf("cannot import %q: write it with slashes", imported)
	}
	at := path.Join(path.Dir(from), imported)
	if at == ".." || strings.HasPrefix(at, "../") {
		return "", fmt.Errorf("cannot import %q: it leaves the folder, and files read only what is in it; move it there", imported)
	}
	return at, nil
}

// read gives a file below the root.
func (j *jail) read(at string) source {
	if s, known := j.files[at]; known {
		return s
	}
	text, err := readFile(j.root, at, j.limits.File)
	if err == nil {
		if j.total += int64(len(text)); j.total > j.limits.Total {
			err = fmt.Errorf("all files together have more than %d bytes", j.limits.Total)
		}
	}
	s := source{err: err}
	if err == nil {
		s.contents, s.hash = jsonnet.MakeContentsRaw(text), hash(text)
	}
	j.files[at] = s
	return s
}

// ReadFile reads a file of a folder as an evaluator does: inside the folder,
// regular, and no larger than the limit for files.
func ReadFile(root *os.Root, name string, limits Limits) ([]byte, error) {
	return readFile(root, name, limits.orDefaults().File)
}

// readFile reads a regular file below the root that has at most max bytes. It
// waits for nobody: a pipe is opened without waiting for its other end.
func readFile(root *os.Root, at string, max int64) ([]byte, error) {
	f, err := root.OpenFile(at, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if info.Size() > max {
		return nil, fmt.Errorf("it has %d bytes; at most %d are read", info.Size(), max)
	}
	text, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(text)) > max {
		return nil, fmt.Errorf("it has more than %d bytes", max)
	}
	return text, nil
}

// cause is what a person has to know of a failed open: the path is named
// beside it already.
func cause(err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case errors.As(err, &at) && strings.Contains(at.Err.Error(), "escapes from parent"):
		return errors.New("it leaves the folder by a symbolic link")
	case errors.As(err, &at):
		return at.Err
	}
	return err
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return base64.RawStdEncoding.EncodeToString(sum[:])
}
