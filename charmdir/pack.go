// Packing and unpacking, done by Juju's own code so that modes, links and ignored files come out as `juju deploy`
// makes them.

package charmdir

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	jujucharm "github.com/juju/charm/v12"
)

// Pack writes the charm in the folder dir to the archive out (by convention *.charm). The same content gives the
// same bytes. What .jujuignore names, version control and links out of the folder stay out or are refused, as
// Juju decides. The archive appears whole or not at all.
func Pack(dir, out string) error {
	c, err := Read(dir)
	if err != nil {
		return err
	}
	if err := c.Runnable(); err != nil {
		return fmt.Errorf("cannot pack %q: %w", dir, err)
	}
	charm, err := jujucharm.ReadCharmDir(dir)
	if err != nil {
		return fmt.Errorf("cannot pack %q: %w", dir, err)
	}
	var archive bytes.Buffer
	if err := charm.ArchiveTo(&archive); err != nil {
		return fmt.Errorf("cannot pack %q: %w", dir, err)
	}
	return writeWhole(out, func(f *os.File) error {
		if err := stamp(f, archive.Bytes()); err != nil {
			return fmt.Errorf("cannot pack %q: %w", dir, err)
		}
		return nil
	})
}

// stamp copies an archive and gives every entry a time. juju/charm writes none, which other programs read as a day
// before 1980, and charmcraft then cannot pack what was unpacked. In every time zone this one is in 1980.
func stamp(to io.Writer, archive []byte) error {
	from, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	w := zip.NewWriter(to)
	for _, entry := range from.File {
		header := zip.FileHeader{Name: entry.Name, Method: entry.Method, Modified: time.Date(1980, time.February, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(entry.Mode())
		part, err := w.CreateHeader(&header)
		if err != nil {
			return err
		}
		content, err := entry.Open()
		if err != nil {
			return err
		}
		_, err = io.Copy(part, content)
		if err := errors.Join(err, content.Close()); err != nil {
			return err
		}
	}
	return w.Close()
}

func writeWhole(out string, fill func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", out, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := fill(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("cannot write %q: %w", out, err)
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return fmt.Errorf("cannot write %q: %w", out, err)
	}
	if err := os.Rename(f.Name(), out); err != nil {
		return fmt.Errorf("cannot write %q: %w", out, err)
	}
	return nil
}

// Unpack writes the content of a .charm archive into the folder dir, which is made when it does not exist.
func Unpack(archive, dir string) error {
	c, err := jujucharm.ReadCharmArchive(archive)
	if err != nil {
		return fmt.Errorf("cannot unpack %q: %w", archive, err)
	}
	if err := c.ExpandTo(dir); err != nil {
		return fmt.Errorf("cannot unpack %q into %q: %w", archive, dir, err)
	}
	return nil
}
