package build

import (
	"context"
	"os/exec"
	"path"
	"regexp"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// readme makes the relative links of README.md absolute: in a charm, and on
// Charmhub, what they lead to is not there. They lead to the source of the layer
// that has the file, as its metadata.yaml or layer.yaml names it.
func (b *builder) readme(ctx context.Context, charm *layers.Charm) {
	f, ok := charm.Files["README.md"]
	if !ok {
		return
	}
	for _, l := range charm.Stack.Layers {
		if l.URL() != f.Layer {
			continue
		}
		source := sourceOf(l.Dir)
		if source == "" {
			return
		}
		inside := git(ctx, l.Dir, "rev-parse", "--show-prefix")
		if text := absolute(string(f.Data), source, inside); text != string(f.Data) {
			f.Data, f.Kind = []byte(text), layers.Dynamic
			charm.Files["README.md"] = f
		}
	}
}

// sourceOf is the address of a layer's repository, "" if it names none.
func sourceOf(dir string) string {
	docs, _ := charmdir.ReadDocuments(dir, "metadata.yaml", "layer.yaml")
	for _, n := range []struct{ file, key string }{{"metadata.yaml", "source"}, {"layer.yaml", "repo"}} {
		value := docs[n.file].Get(n.key)
		if value == nil {
			continue
		}
		if len(value.Content) > 0 {
			value = value.Content[0]
		}
		if strings.HasPrefix(value.Value, "https://") || strings.HasPrefix(value.Value, "http://") {
			return strings.TrimSuffix(strings.TrimSuffix(value.Value, "/"), ".git")
		}
	}
	return ""
}

// link is one of Markdown, or of an image, to something without a scheme.
var link = regexp.MustCompile(`(!?)\[([^\]]*)\]\(([^):\s#][^):\s]*)\)`)

func absolute(text, source, inside string) string {
	page, raw := "/blob/HEAD/", "/raw/HEAD/"
	if strings.Contains(source, "gitlab") {
		page, raw = "/-/blob/HEAD/", "/-/raw/HEAD/"
	}
	return link.ReplaceAllStringFunc(text, func(found string) string {
		part := link.FindStringSubmatch(found)
		target, anchor, has := strings.Cut(part[3], "#")
		if strings.HasPrefix(target, "//") {
			return found
		}
		way := page
		if part[1] == "!" {
			way = raw
		}
		if has {
			anchor = "#" + anchor
		}
		if strings.HasPrefix(target, "/") { // from the root of the repository
			return part[1] + "[" + part[2] + "](" + source + way + strings.TrimPrefix(path.Clean(target), "/") + anchor + ")"
		}
		return part[1] + "[" + part[2] + "](" + source + way + path.Join(inside, target) + anchor + ")"
	})
}

// git asks about a folder; "" where it is under no version control, or git is
// missing.
func git(ctx context.Context, dir string, args ...string) string {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
