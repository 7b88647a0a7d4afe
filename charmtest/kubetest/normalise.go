package kubetest

// What differs between two servers that behave alike.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var uidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func normalise(answers []any) (string, error) {
	var text []byte
	var last any
	for _, a := range answers {
		cleaned := clean(a, "")
		if event, ok := cleaned.(map[string]any); ok && event["type"] == "MODIFIED" && reflect.DeepEqual(event["object"], last) {
			continue // a controller wrote a status, when it came to it
		}
		content, err := json.MarshalIndent(cleaned, "", "  ")
		if err != nil {
			return "", fmt.Errorf("cannot write an answer down: %w", err)
		}
		text = append(append(text, content...), '\n')
		if event, ok := cleaned.(map[string]any); ok {
			last = event["object"]
		}
	}
	return uidPattern.ReplaceAllString(string(text), "<uid>"), nil
}

// volatile are the fields no two servers agree on, at any depth.
func volatile(name string) bool {
	switch name {
	case "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
		"time", "clusterIP", "clusterIPs", "nodePort", "selfLink", "ownerReferences":
		return true
	}
	return false
}

func clean(value any, at string) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, v := range value {
			_, isObject := v.(map[string]any)
			if name == "status" && isObject || volatile(name) && v != "None" {
				continue
			}
			kept[name] = clean(v, name)
		}
		return kept
	case []any:
		kept := []any{}
		for _, v := range value {
			if entry, ok := v.(map[string]any); ok && at == "managedFields" && entry["subresource"] != nil {
				continue // the controllers', which come when they come
			}
			kept = append(kept, clean(v, at))
		}
		if at == "managedFields" { // servers order them by time
			slices.SortFunc(kept, func(a, b any) int { return strings.Compare(managerOf(a), managerOf(b)) })
		}
		return kept
	}
	return value
}

func managerOf(entry any) string {
	e, _ := entry.(map[string]any)
	return fmt.Sprint(e["manager"], " ", e["operation"])
}
