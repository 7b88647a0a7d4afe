package folder

// The archive: told by its first bytes, not by its name, because Juju lets a
// resource be attached under one ending only.

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What an archive may hold: many times what a thousand connectors take.
const (
	maxFiles = 20_000
	maxBytes = 64 << 20 // unpacked
)

// unpack writes the files of an archive into a folder that is there and empty.
// Files and folders whose names begin with a dot are left out, as connectors
// leaves them out.
func unpack(archive *os.File, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	to := &unpacking{root: root}
	in := bufio.NewReader(archive)
	first, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(first, []byte("PK\x03\x04")), bytes.HasPrefix(first, []byte("PK\x05\x06")):
		return to.zip(archive)
	case bytes.HasPrefix(first, []byte("\x1f\x8b")):
		plain, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("it is damaged: %w", err)
		}
		return to.tar(io.LimitReader(plain, 2*maxBytes), tar.ErrHeader) // what is left out counts too
	}
	return to.tar(in, io.ErrUnexpectedEOF)
}

// unpacking counts what comes out of an archive.
type unpacking struct {
	root  *os.Root
	files int
	bytes int64
}

// tar unpacks one. Where the very first header gives that error it is none at all, as with
// [tar.ErrHeader].
func (u *unpacking) tar(in io.Reader, none error) error {
	reader := tar.NewReader(in)
	for {
		header, err := reader.Next()
		switch {
		case err == io.EOF && u.files == 0:
			return errors.New("it holds no files")
		case err == io.EOF:
			return nil
		case (errors.Is(err, tar.ErrHeader) || errors.Is(err, none)) && u.files == 0:
			return errors.New("it is neither a tar, nor a tar.gz, nor a zip")
		case err != nil:
			return fmt.Errorf("it is damaged: %w", err)
		}
		kind := header.FileInfo().Mode().Type()
		if header.Typeflag == tar.TypeXGlobalHeader { // git archive writes one
			continue
		}
		if header.Typeflag == tar.TypeLink {
			kind = fs.ModeIrregular
		}
		if err := u.entry(header.Name, kind, func() (io.ReadCloser, error) { return io.NopCloser(reader), nil }); err != nil {
			return err
		}
	}
}

func (u *unpacking) zip(archive *os.File) error {
	info, err := archive.Stat()
	if err != nil {
		return err
	}
	reader, err := zip.NewReader(archive, info.Size())
	if err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	for _, file := range reader.File {
		if err := u.entry(file.Name, file.Mode().Type(), file.Open); err != nil {
			return err
		}
	}
	if u.files == 0 {
		return errors.New("it holds no files")
	}
	return nil
}

// entry writes one file. Folders are made for the files in them.
func (u *unpacking) entry(name string, kind fs.FileMode, open func() (io.ReadCloser, error)) (err error) {
	clean := path.Clean(name)
	hidden := func(part string) bool { return strings.HasPrefix(part, ".") && part != "." && part != ".." }
	switch {
	case slices.ContainsFunc(strings.Split(clean, "/"), hidden):
		return nil
	case !filepath.IsLocal(clean) || strings.Contains(clean, "\\"):
		return fmt.Errorf("it holds %q, which leads out of the folder", name)
	case kind.IsDir():
		return nil
	case !kind.IsRegular():
		return fmt.Errorf("it holds %q, which is a link or a device: only files and folders are unpacked", name)
	}
	if u.files++; u.files > maxFiles {
		return fmt.Errorf("it holds more than %d files", maxFiles)
	}
	in, err := open()
	if err != nil {
		return fmt.Errorf("it is damaged at %q: %w", name, err)
	}
	defer in.Close()
	if err := u.root.MkdirAll(filepath.FromSlash(path.Dir(clean)), 0o700); err != nil {
		return fmt.Errorf("cannot unpack %q: %w", name, err)
	}
	out, err := u.root.OpenFile(filepath.FromSlash(clean), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cannot unpack %q: %w", name, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := io.Copy(out, io.LimitReader(in, maxBytes-u.bytes+1))
	if u.bytes += n; u.bytes > maxBytes {
		return fmt.Errorf("it holds more than %d MiB", maxBytes>>20)
	}
	if err != nil {
		return fmt.Errorf("it is damaged at %q: %w", name, err)
	}
	return nil
}
