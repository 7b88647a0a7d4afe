// Copies of charms: one in the controller's store for each revision, and from it one for each unit.

package charmtest

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// storeCharm copies a charm's folder or archive to dst; dispatch, when given, takes the place of the charm's own.
// Version control stays out, as Juju keeps it out.
func storeCharm(src, dst, dispatch string) error {
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		err = charmdir.Unpack(src, dst)
	} else {
		err = copyTree(src, dst, func(from, to string, info fs.FileInfo) error { return copyFile(from, to, info.Mode()) })
	}
	if err != nil {
		return err
	}
	if dispatch != "" {
		return copyFile(dispatch, filepath.Join(dst, "dispatch"), 0o755)
	}
	return nil
}

// sharedSize is the size from which a file of a charm is linked into its units instead of copied. A static Go
// binary has 10 to 60 MB and is never written in place.
const sharedSize = 1 << 20

// linkCharm gives a unit the files of the store.
func linkCharm(store, dst string) error {
	return copyTree(store, dst, func(from, to string, info fs.FileInfo) error {
		if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
			return err
		}
		if info.Size() >= sharedSize && os.Link(from, to) == nil {
			return nil
		}
		return copyFile(from, to, info.Mode())
	})
}

func copyTree(src, dst string, file func(from, to string, info fs.FileInfo) error) error {
	root, err := filepath.EvalSymlinks(src)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if d.IsDir() {
			if isVCS(d.Name()) && rel != "." {
				return filepath.SkipDir
			}
			return os.MkdirAll(to, 0o755)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			return copyLink(path, to)
		case d.Type().IsRegular():
			return file(path, to, info)
		}
		return fmt.Errorf("cannot copy %q: a charm cannot hold a %s", path, d.Type())
	})
}

func isVCS(name string) bool {
	switch name {
	case ".git", ".bzr", ".hg", ".svn":
		return true
	}
	return false
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(target, to)
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode.Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
