package main

// Where the database comes from: Ubuntu's packages, unpacked into a folder of the
// user's cache. Nothing is installed.

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// packages has a line for each: its hash as the signed index of Ubuntu 20.04 has it, and its file.
//
//go:embed packages.txt
var packages string

// archive is Ubuntu's; UBUNTU_MIRROR names another one with the same files.
const archive = "http://archive.ubuntu.com/ubuntu"

// errUnreachable says that nothing is wrong but the way there.
var errUnreachable = errors.New("the archive of Ubuntu cannot be reached")

// database is mongod and the libraries it needs.
type database struct{ program, libraries string }

// fetch unpacks it once; processes that want it at the same time wait for each other.
func fetch(ctx context.Context) (database, error) {
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		return database{}, fmt.Errorf("cannot fetch a mongod for %s/%s: only linux/amd64 is known", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return database{}, fmt.Errorf("cannot fetch mongod: %w", err)
	}
	sum := sha256.Sum256([]byte(packages))
	dir := filepath.Join(cache, "kafka-connect-base", "mongod-"+hex.EncodeToString(sum[:4]))
	d := database{filepath.Join(dir, "usr/bin/mongod"),
		filepath.Join(dir, "usr/lib/x86_64-linux-gnu") + ":" + filepath.Join(dir, "lib/x86_64-linux-gnu")}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return d, fmt.Errorf("cannot fetch mongod: %w", err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return d, fmt.Errorf("cannot fetch mongod: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return d, fmt.Errorf("cannot wait for another process that fetches mongod: %w", err)
	}
	if _, err := os.Stat(dir); err == nil {
		return d, nil
	}
	return d, unpackAll(ctx, dir)
}

func unpackAll(ctx context.Context, dir string) error {
	temporary, err := os.MkdirTemp(filepath.Dir(dir), "mongod-")
	if err != nil {
		return fmt.Errorf("cannot fetch mongod: %w", err)
	}
	defer os.RemoveAll(temporary)
	root := filepath.Join(temporary, "root")
	for _, line := range strings.Split(strings.TrimSpace(packages), "\n") {
		hash, file, _ := strings.Cut(line, "  ")
		path := filepath.Join(temporary, filepath.Base(file))
		if err := download(ctx, file, hash, path); err != nil {
			return fmt.Errorf("cannot fetch mongod: %s: %w", file, err)
		}
		if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", path, root).CombinedOutput(); err != nil {
			return fmt.Errorf("cannot unpack %s with dpkg-deb: %w: %s", file, err, out)
		}
	}
	return os.Rename(root, dir)
}

func download(ctx context.Context, file, hash, path string) error {
	base := archive
	if mirror := os.Getenv("UBUNTU_MIRROR"); mirror != "" {
		base = strings.TrimSuffix(mirror, "/")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/"+file, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s gives %s", errUnreachable, base, response.Status)
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), response.Body)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != hash {
		return fmt.Errorf("%s gives a file with the hash %s, want %s", base, got, hash)
	}
	return nil
}
