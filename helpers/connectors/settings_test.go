package connectors_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// described opens a folder with a connectors.yaml and an empty environment of
// each name.
func described(t testing.TB, yaml string, environments ...string) (*connectors.Folder, error) {
	t.Helper()
	files := map[string]string{"connectors.yaml": yaml}
	for _, name := range environments {
		files["connectors/"+name+"/a.json"] = `{"connector.class": "C"}`
	}
	return connectors.Open(written(t, files))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	f, err := described(t, `
owner: data-platform
defaults:
  policy: {prune: true, max-delete: 0.5, ignore-keys: ["x.*"], without-owner: [a.B]}
  clusters:
    main:
      urls: ["https://connect.{env}.example.com"]
      auth: {bearer: {env: TOKEN}}
environments:
  prod:
    clusters:
      main: {files: ["s3/**"]}
      second: {urls: ["http://a:8083", "http://b:8083/connect"], files: [jdbc, "*.yaml"]}
    policy: {prune: false, adopt: true, allow-passwords: true, max-unavailable: 4}
`, "prod", "staging")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"prod", "staging"}, f.Environments()); diff != "" || f.Owner() != "data-platform" {
		t.Error(diff, f.Owner())
	}
	prod, staging := environment(t, f, "prod"), environment(t, f, "staging")
	for _, test := range []struct {
		of   *connectors.Environment
		want connectors.Policy
	}{
		{prod, connectors.Policy{Owner: "data-platform/prod", MaxDelete: 0.5, Adopt: true, WithoutOwner: []string{"a.B"},
			IgnoreKeys: []string{"x.*"}, AllowPasswords: true, MaxUnavailable: 4}},
		{staging, connectors.Policy{Owner: "data-platform/staging", Prune: true, MaxDelete: 0.5, WithoutOwner: []string{"a.B"}, IgnoreKeys: []string{"x.*"}}},
	} {
		if diff := cmp.Diff(test.want, test.of.Policy); diff != "" {
			t.Errorf("%s: %s", test.of.Name, diff)
		}
	}
	urls := map[string][]string{}
	for _, e := range []*connectors.Environment{prod, staging} {
		for _, c := range e.Clusters {
			urls[e.Name+"/"+c.Name] = c.URLs
		}
	}
	want := map[string][]string{
		"prod/main":    {"https://connect.prod.example.com"},
		"prod/second":  {"http://a:8083", "http://b:8083/connect"},
		"staging/main": {"https://connect.staging.example.com"},
	}
	if diff := cmp.Diff(want, urls); diff != "" {
		t.Error(diff)
	}
}

// Everything that is wrong with connectors.yaml is said at once, with its
// line, and without the credential that should not be there.
func TestSettingsMistakes(t *testing.T) {
	t.Parallel()
	_, err := described(t, `
owner: data/platform
enviroments: {}
defaults:
  policy: {prune: ja, max-delete: 2, max-unavailable: 0, ignore-keys: ["[a"]}
environments:
  prod:
    cluster: {}
    clusters:
      main:
        urls: [connect:8083, "http://u:hunter2@host", "http://host?x=1", 3]
        auth:
          basic: {username: ann, password: hunter2}
          bearer: hunter2
          headers: {X Y: {env: A}, X-Key: hunter2, X-Other: {var: A}}
        tls: {ca: [a], certificate: c.pem, insecur: true}
        files: text
      none: {}
    variables:
      a: {env: ""}
      b: {file: [a]}
      1: x
      c: {[1]: 1, 2: 0x3}
  ../x: {}
`, "prod")
	if err == nil {
		t.Fatal("it is taken")
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a credential is shown: %s", err)
	}
	testfile.Golden(t, "testdata/settings-mistakes.txt", err.Error()+"\n")
}

// Keys that are right by themselves and wrong together are said when the
// others are right.
func TestSettingsChecks(t *testing.T) {
	t.Parallel()
	_, err := described(t, `
environments:
  prod:
    clusters:
      main:
        urls: [http://host]
        auth: {basic: {username: ann}, bearer: {env: A}, headers: {X Y: {env: A}}}
        tls: {certificate: c.pem}
      none: {}
  ../x: {}
`, "prod")
	if err == nil {
		t.Fatal("it is taken")
	}
	testfile.Golden(t, "testdata/settings-checks.txt", err.Error()+"\n")
}

func TestSettingsHostile(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{
		"no YAML":           "a: [",
		"a cycle":           "environments: &e {prod: *e}",
		"a merged cycle":    "environments: {prod: &e {<<: *e}}",
		"laughs":            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e]\ndefaults: {variables: {x: *f}}",
		"a list":            "[1]",
		"deep":              strings.Repeat("{a: ", 20000),
		"several documents": "owner: a\n---\nowner: b\n",
		"large":             strings.Repeat("# x\n", 1<<19),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := described(t, yaml, "prod"); err == nil || !strings.Contains(err.Error(), "connectors.yaml") {
				t.Errorf("the error is %v; want one about connectors.yaml", err)
			}
		})
	}
	if _, err := described(t, "# nothing yet\n", "prod"); err != nil {
		t.Errorf("a connectors.yaml of comments: %v", err)
	}
}

func TestSettingsMerge(t *testing.T) {
	t.Parallel()
	f, err := described(t, `
environments:
  prod: &prod
    clusters: {main: {urls: [http://a:8083]}}
    policy: {prune: true}
  copy:
    <<: *prod
    policy: {adopt: true}
`, "prod", "copy")
	if err != nil {
		t.Fatal(err)
	}
	if e := environment(t, f, "copy"); e.Policy.Prune || !e.Policy.Adopt || e.Clusters[0].Name != "main" {
		t.Errorf("the environment is %+v", e.Policy)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{"connectors/prod/a.json": "{}", "connectors/staging/a.json": "{}"})
	if _, err := connectors.Open(dir + "/connectors"); err == nil || !strings.Contains(err.Error(), "give the folder it is in") {
		t.Errorf("opening connectors/ itself: %v", err)
	}
	if _, err := connectors.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it holds no connectors/") {
		t.Errorf("opening an empty folder: %v", err)
	}
	if _, err := connectors.Open(dir + "/nowhere"); err == nil || !strings.Contains(err.Error(), "it is not there") {
		t.Errorf("opening nothing: %v", err)
	}
	if _, err := connectors.Open(dir + "/connectors/prod/a.json"); err == nil || !strings.Contains(err.Error(), "it is a file") {
		t.Errorf("opening a file: %v", err)
	}
	f, err := connectors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Environment("prd"); err == nil || !strings.Contains(err.Error(), `did you mean "prod"?`) {
		t.Errorf("an environment that is not there: %v", err)
	}
	e := environment(t, f, "prod")
	if len(e.Clusters) != 1 || e.Clusters[0].Name != connectors.DefaultCluster || e.Policy.Owner != "" {
		t.Errorf("without a description: %+v", e)
	}
	if _, err := e.Clusters[0].ConnectOptions(t.Context()); err == nil || !strings.Contains(err.Error(), "give its URL") {
		t.Errorf("a cluster without an address: %v", err)
	}
	f, err = described(t, "environments: {prod: {}, gone: {}}", "prod")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Environment("gone"); err == nil || !strings.Contains(err.Error(), "there is no folder connectors/gone") {
		t.Errorf("an environment without a folder: %v", err)
	}
}

// Files go to the clusters whose patterns match them, and to one at least.
func TestClusters(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"connectors.yaml": `
environments:
  prod:
    clusters:
      lake: {urls: [http://a:8083], files: ["s3/**", "both.json"]}
      db: {urls: [http://b:8083], files: [jdbc, "*.json"]}
`,
		"connectors/prod/s3/deep/a.json":   `{"connector.class": "C"}`,
		"connectors/prod/jdbc/deep/b.yaml": `connector.class: C`,
		"connectors/prod/both.json":        `{"connector.class": "C"}`,
		"connectors/prod/jdbc/a.jsonnet":   `{"connector.class": "D"}`,
	}
	f := folder(t, files)
	e := environment(t, f, "prod")
	desired, err := f.Load(t.Context(), e, connectors.LoadOptions{NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, c := range e.Clusters {
		for _, wanted := range desired.For(c) {
			got[c.Name] = append(got[c.Name], wanted.Name+" of "+wanted.Source.File)
		}
	}
	want := map[string][]string{
		"lake": {"a of connectors/prod/s3/deep/a.json", "both of connectors/prod/both.json"},
		"db":   {"a of connectors/prod/jdbc/a.jsonnet", "b of connectors/prod/jdbc/deep/b.yaml", "both of connectors/prod/both.json"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e.Clusters = e.Clusters[:1]
	if _, err := f.Load(t.Context(), e, connectors.LoadOptions{NoCache: true}); err != nil {
		t.Errorf("with one of the clusters left out: %v", err)
	}
	e = environment(t, f, "prod")
	if _, err := e.Cluster("lak"); err == nil || !strings.Contains(err.Error(), `did you mean "lake"?`) {
		t.Error(err)
	}
	if _, err := e.Cluster(""); err == nil || !strings.Contains(err.Error(), "name one of db, lake") {
		t.Error(err)
	}

	files["connectors/prod/other/a.yaml"] = "connector.class: C"
	f = folder(t, files)
	if _, err := load(t, f); err == nil || !strings.Contains(err.Error(), "connectors/prod/other/a.yaml: goes to no cluster") {
		t.Errorf("a file that no cluster takes: %v", err)
	}
}
