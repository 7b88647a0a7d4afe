package folder_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charm/folder"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// TestMain: the evaluator starts this program again.
func TestMain(m *testing.M) {
	if jsonnet.IsChild() {
		os.Exit(jsonnet.ServeChild(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// entry is a file of an archive, or a folder or a link by its kind in tar.
type entry struct {
	name, text string
	kind       byte
}

func tarred(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text)), Typeflag: tar.TypeReg}
		if e.kind != 0 {
			header.Typeflag, header.Size, header.Linkname = e.kind, 0, e.text
		}
		if e.kind == tar.TypeXGlobalHeader {
			header = &tar.Header{Typeflag: e.kind, PAXRecords: map[string]string{"comment": e.text}, Name: e.name}
		}
		must(t, w.WriteHeader(header))
		if header.Size > 0 {
			_, err := w.Write([]byte(e.text))
			must(t, err)
		}
	}
	must(t, w.Close())
	return out.Bytes()
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(content)
	must(t, err)
	must(t, w.Close())
	return out.Bytes()
}

func zipped(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		file, err := w.Create(e.name)
		must(t, err)
		_, err = file.Write([]byte(e.text))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, content []byte, o folder.Options) (*folder.Wanted, error) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "connectors.tgz")
	must(t, os.WriteFile(archive, content, 0o600))
	o.Owner, o.Dir = "model.app", filepath.Join(t.TempDir(), "own")
	w, err := folder.Read(t.Context(), archive, o)
	if left, _ := filepath.Glob(filepath.Join(o.Dir, "folder")); len(left) > 0 {
		t.Errorf("what was unpacked stays: %v", left)
	}
	return w, err
}

var (
	orders  = entry{name: "connectors/prod/orders.yaml", text: "connector.class: C"}
	jsonned = entry{name: "connectors/prod/deep/j.jsonnet", text: "(import '../../d.libsonnet')"}
	library = entry{name: "connectors/d.libsonnet", text: "{ 'connector.class': 'C' }"}
)

func TestArchives(t *testing.T) {
	t.Parallel()
	inner := func(e entry) entry { e.name = "repository-1.0/" + e.name; return e }
	dotted := func(e entry) entry { e.name = "./" + e.name; return e }
	for name, content := range map[string][]byte{
		"tar":            tarred(t, orders, jsonned, library),
		"tar.gz":         gzipped(t, tarred(t, orders, jsonned, library)),
		"zip":            zipped(t, orders, jsonned, library),
		"zip of folders": zipped(t, entry{name: "connectors/"}, orders, jsonned, library),
		"in a folder":    tarred(t, inner(orders), inner(jsonned), inner(library)),
		"as tar does it": tarred(t, entry{name: "./", kind: tar.TypeDir}, dotted(orders), dotted(jsonned), dotted(library)),
		"as git does it": tarred(t, entry{name: "pax_global_header", kind: tar.TypeXGlobalHeader, text: "1234567"}, orders, jsonned, library),
		"with the rest of a repository": tarred(t, orders, jsonned, library, entry{name: "README.md"},
			entry{name: ".git/HEAD", text: "x"}, entry{name: ".git/link", kind: tar.TypeSymlink, text: "/etc"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := read(t, content, folder.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if files := w.Files(); len(files) != 2 || files["orders"] != orders.name || files["j"] != jsonned.name {
				t.Errorf("it wants %v", files)
			}
			if w.Environment != "prod" || w.Policy.Owner != "model.app/prod" {
				t.Errorf("of environment %q, owner %q", w.Environment, w.Policy.Owner)
			}
		})
	}
}

func TestWrongArchives(t *testing.T) {
	t.Parallel()
	many := make([]entry, 20_001)
	for i := range many {
		many[i] = entry{name: "connectors/" + strings.Repeat("x", i%50+1) + "/f"}
	}
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"text":           {[]byte("hello"), "neither a tar, nor a tar.gz, nor a zip"},
		"long text":      {bytes.Repeat([]byte("hello"), 1000), "neither a tar, nor a tar.gz, nor a zip"},
		"gzipped text":   {gzipped(t, bytes.Repeat([]byte("hello"), 1000)), "neither a tar, nor a tar.gz, nor a zip"},
		"no files":       {tarred(t), "it holds no files"},
		"an empty zip":   {zipped(t), "it holds no files"},
		"hidden files":   {tarred(t, entry{name: ".git/HEAD", text: "x"}), "it holds no files"},
		"a cut tar":      {tarred(t, orders, jsonned)[:1100], "it is damaged"},
		"a cut gzip":     {gzipped(t, tarred(t, orders))[:60], "it is damaged"},
		"a cut zip":      {zipped(t, orders, jsonned)[:100], "it is damaged"},
		"a way out":      {tarred(t, entry{name: "connectors/../../x"}), "leads out of the folder"},
		"an absolute":    {zipped(t, entry{name: "/etc/x"}), "leads out of the folder"},
		"a symlink":      {tarred(t, entry{name: "connectors/prod", kind: tar.TypeSymlink, text: "/etc"}), "is a link or a device"},
		"a hard link":    {tarred(t, orders, entry{name: "x", kind: tar.TypeLink, text: orders.name}), "is a link or a device"},
		"a device":       {tarred(t, entry{name: "x", kind: tar.TypeChar}), "is a link or a device"},
		"a bomb":         {gzipped(t, tarred(t, entry{name: "x", text: strings.Repeat("\x00", 65<<20)})), "more than 64 MiB"},
		"a hidden bomb":  {gzipped(t, tarred(t, orders, entry{name: ".x", text: strings.Repeat("\x00", 130<<20)})), "it is damaged"},
		"too many":       {tarred(t, many...), "more than 20000 files"},
		"a file in file": {tarred(t, orders, entry{name: orders.name + "/x"}), "cannot unpack"},
		"another folder": {tarred(t, entry{name: "prod/a.yaml"}, entry{name: "README"}), "the archive holds no connectors/ with a folder for each environment; at its top there is README, prod"},
		"no environment": {tarred(t, entry{name: "connectors/README"}), "connectors/ holds no folder of an environment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, test.content, folder.Options{})
			var wrong *folder.WrongError
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "/tmp") {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}

// What of connectors.yaml counts: the owner, the policy, and the files of the cluster of our name.
func TestWhatIsMeant(t *testing.T) {
	t.Parallel()
	other := entry{name: "connectors/staging/other.yaml", text: orders.text}
	more := entry{name: "connectors/prod/more/orders.yaml", text: orders.text}
	settings := entry{name: "connectors.yaml", text: `
owner: data
environments:
  prod:
    clusters:
      app: {urls: ["http://localhost:2"], files: ["more/**"]}
      main: {urls: ["http://localhost:1"], files: ["orders.yaml"], auth: {bearer: {env: TOKEN}}}
    policy: {max-delete: 0.5, prune: true}
`}
	all := tarred(t, orders, other, more, settings)
	w, err := read(t, all, folder.Options{Environment: "prod", Cluster: "app"})
	if err != nil {
		t.Fatal(err)
	}
	if files := w.Files(); len(files) != 1 || files["orders"] != more.name {
		t.Errorf("app wants %v", files)
	}
	if w.Policy.Owner != "data/prod" || w.Policy.MaxDelete != 0.5 {
		t.Errorf("the policy is %+v", w.Policy)
	}
	for options, want := range map[folder.Options]string{
		{}:                       "the folder has the environments prod, staging: set option connectors-env to one of them",
		{Environment: "stagign"}: `option connectors-env: cannot use the environment "stagign": there is no folder connectors/stagign, did you mean "staging"?`,
		{Environment: "prod"}:    `both describe connector "orders", for two clusters`,
	} {
		if _, err := read(t, all, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gives %v, want %q", options, err, want)
		}
	}
}

// Two archives have the same fingerprint only where they are the same; an empty file has none.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, content := range []string{"a", "b", ""} {
		path := filepath.Join(t.TempDir(), "x")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		print, err := folder.Fingerprint(path)
		must(t, err)
		if slices.Contains(seen, print) || (print == "") != (content == "") {
			t.Errorf("%q has the fingerprint %q, after %q", content, print, seen)
		}
		seen = append(seen, print)
	}
	if _, err := folder.Fingerprint(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("what is not there has a fingerprint")
	}
}
