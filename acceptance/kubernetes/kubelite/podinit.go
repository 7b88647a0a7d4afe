package main

// Inside: how a process in new namespaces becomes a container.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// podInitName is what this program calls itself when it is to become a container.
const podInitName = "kubelite-pod-init"

// told is where the spec comes from, whose other end stays open for as long as
// kubelite lives; said is where an error goes, and is closed when there is none.
const told, said = 3, 4

// startError is the exit code of a container that could not be started.
const startError = 128

// podInit never returns.
func podInit() {
	runtime.LockOSThread() // capabilities and the like are the thread's
	err := becomeContainer()
	fmt.Fprint(os.NewFile(said, "said"), err)
	os.Exit(startError)
}

func becomeContainer() error {
	var s spec
	if err := json.NewDecoder(os.NewFile(told, "spec")).Decode(&s); err != nil {
		return fmt.Errorf("cannot read what to become: %w", err)
	}
	syscall.CloseOnExec(told)
	syscall.CloseOnExec(said)
	if err := s.joinNetwork(); err != nil {
		return err
	}
	if err := s.buildRoot(); err != nil {
		return err
	}
	if err := syscall.Chroot(s.root()); err != nil {
		return fmt.Errorf("cannot change into the root file system: %w", err)
	}
	if s.Folder == "" {
		s.Folder = "/"
	}
	if err := os.Chdir(s.Folder); err != nil {
		return fmt.Errorf("cannot change into the working directory: %w", err)
	}
	if err := s.giveUp(); err != nil {
		return err
	}
	for _, e := range s.Env {
		if path, ok := strings.CutPrefix(e, "PATH="); ok {
			if err := os.Setenv("PATH", path); err != nil {
				return err
			}
		}
	}
	program, err := exec.LookPath(s.Args[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", program, syscall.Exec(program, s.Args, s.Env))
}

// joinNetwork sets up our end of the cable, unless a container before has.
func (s spec) joinNetwork() error {
	if err := syscall.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("cannot set the host name: %w", err)
	}
	if s.Connected {
		return nil
	}
	batch := exec.Command("ip", "-batch", "-")
	batch.Stdin = strings.NewReader("link set lo up\naddr add " + s.IP + "/16 dev eth0\nlink set eth0 up\nroute add default via " + bridgeAddress + "\n")
	if out, err := batch.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot set up the network: %w: %s", err, out)
	}
	return nil
}

func (s spec) root() string { return filepath.Join(s.Root, "merged") }

// maskedIn are folders of this machine that are empty in a container.
func maskedIn(root string) (folders []string) {
	for _, folder := range []string{"/tmp", "/run", "/var/tmp", "/home", "/mnt", "/media"} {
		if info, err := os.Lstat(root + folder); err == nil && info.IsDir() {
			folders = append(folders, folder)
		}
	}
	return folders
}

// buildRoot makes the root file system: this machine's, of which nothing is
// written to, with the image, the volumes and the pod's own files on top.
func (s spec) buildRoot() error {
	root := s.root()
	upper, work := filepath.Join(s.Root, "upper"), filepath.Join(s.Root, "work")
	if err := os.MkdirAll(s.Root, 0o755); err != nil {
		return fmt.Errorf("cannot make the root file system: %w", err)
	}
	if err := errors.Join(
		mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		mount("tmpfs", s.Root, "tmpfs", 0, "mode=755"),
		os.Mkdir(upper, 0o755), os.Mkdir(work, 0o755), os.Mkdir(root, 0o755),
		mount("overlay", root, "overlay", 0, "lowerdir=/,upperdir="+upper+",workdir="+work),
		mount("proc", root+"/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""),
		mount("/dev", root+"/dev", "", syscall.MS_BIND|syscall.MS_REC, ""),
		mount("/sys", root+"/sys", "", syscall.MS_BIND|syscall.MS_REC, ""),
	); err != nil {
		return fmt.Errorf("cannot make the root file system: %w", err)
	}
	if err := s.writeEtc(root); err != nil {
		return err
	}
	for _, folder := range maskedIn(root) {
		if err := mount("tmpfs", root+folder, "tmpfs", 0, "mode=1777"); err != nil {
			return err
		}
	}
	for _, m := range s.Mounts {
		if err := m.in(root); err != nil {
			return err
		}
	}
	if !s.ReadOnly {
		return nil
	}
	for _, folder := range append([]string{""}, maskedIn(root)...) {
		if err := mount("", root+folder, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			return err
		}
	}
	return nil
}

func (s spec) writeEtc(root string) error {
	for name, content := range map[string]string{
		"hosts":       s.Hosts,
		"hostname":    s.Hostname + "\n",
		"resolv.conf": resolvConf(s.Namespace),
	} {
		at := filepath.Join(root, "etc", name)
		if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot replace /etc/%s: %w", name, err)
		}
		if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
			return fmt.Errorf("cannot write /etc/%s: %w", name, err)
		}
	}
	return nil
}

// resolvConf is that of a pod whose dnsPolicy is ClusterFirst.
func resolvConf(namespace string) string {
	return fmt.Sprintf("nameserver %s\nsearch %[2]s.svc.%[3]s svc.%[3]s %[3]s\noptions ndots:5\n", dnsAddress, namespace, domain)
}

// in mounts b in a root file system.
func (b bind) in(root string) error {
	target := root + filepath.Clean(b.Target)
	info, err := os.Stat(b.Source)
	if err != nil {
		return fmt.Errorf("cannot mount %s: %w", b.Target, err)
	}
	folder := target
	if !info.IsDir() {
		folder = filepath.Dir(target)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot mount %s: %w", b.Target, err)
	}
	if !info.IsDir() {
		if err := os.WriteFile(target, nil, 0o644); err != nil {
			return fmt.Errorf("cannot mount %s: %w", b.Target, err)
		}
	}
	for parent := filepath.Dir(target); b.Image && len(parent) > len(root); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			return fmt.Errorf("cannot let anybody at %s: %w", b.Target, err)
		}
	}
	if err := mount(b.Source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil || !b.ReadOnly {
		return err
	}
	return mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("cannot mount %s%s on %s: %w", kind, source, target, err)
	}
	return nil
}

// giveUp lets go of what a container may not do, and of being root.
func (s spec) giveUp() error {
	if s.DropAll {
		for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
				return fmt.Errorf("cannot drop capability %d: %w", c, err)
			}
		}
	}
	if err := errors.Join(syscall.Setgroups(s.Groups), syscall.Setgid(int(s.GID)), syscall.Setuid(int(s.UID))); err != nil {
		return fmt.Errorf("cannot become user %d: %w", s.UID, err)
	}
	if s.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("cannot do without new privileges: %w", err)
		}
	}
	// Another user's process is not told of its parent's death unless it asks anew;
	// and the parent may have died in between.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("cannot ask for the parent's death: %w", err)
	}
	if n, err := unix.Poll([]unix.PollFd{{Fd: told, Events: unix.POLLIN}}, 0); n != 0 || err != nil {
		return errors.Join(errors.New("kubelite has ended"), err)
	}
	return nil
}
