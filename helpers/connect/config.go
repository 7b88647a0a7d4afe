package connect

// Configurations: brought to the form Connect keeps, and compared in that form.

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Normalise gives a configuration the form in which Connect keeps it: every value a string, numbers without exponent
// or ".0", booleans in lower case. Connect takes no null, object or array here; all such keys are reported together.
// Values are never shown.
func Normalise(config map[string]any) (map[string]string, error) {
	flat := make(map[string]string, len(config))
	var wrong []string
	for _, key := range slices.Sorted(maps.Keys(config)) {
		text, problem := flatten(config[key])
		if problem != "" {
			wrong = append(wrong, fmt.Sprintf("%q is %s", key, problem))
			continue
		}
		flat[key] = text
	}
	if wrong != nil {
		return nil, &Error{Method: "config", Kind: Invalid, Message: strings.Join(wrong, "; ")}
	}
	return flat, nil
}

func flatten(value any) (text, problem string) {
	switch v := value.(type) {
	case nil:
		return "", "null"
	case string:
		return v, ""
	case bool:
		return strconv.FormatBool(v), ""
	case json.Number:
		return decimal(v.String())
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v), ""
	case float32:
		return fraction(float64(v), 32)
	case float64:
		return fraction(v, 64)
	case map[string]any:
		return "", "an object"
	case []any:
		return "", "an array"
	}
	return "", fmt.Sprintf("of type %T", value)
}

func fraction(value float64, bits int) (text, problem string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "", "not a number"
	}
	return decimal(strconv.FormatFloat(value, 'f', -1, bits))
}

// maxExponent keeps a number such as 1e999999999 from becoming a gigabyte of zeros.
const maxExponent = 400

// decimal writes a JSON number out, exactly: 1e3 is "1000", 2.50 is "2.5", and long integers lose no digit.
func decimal(number string) (text, problem string) {
	if _, exponent, found := strings.Cut(strings.ToLower(number), "e"); found {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
			return "", "a number out of range"
		}
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok {
		return "", "not a number"
	}
	places, _ := exact.FloatPrec()
	return exact.FloatString(places), ""
}

// A Change is one key that two configurations do not agree on.
type Change struct {
	Key      string
	Old, New *string // nil where the key is missing
}

// String shows the change for a person, with "+", "-" or "~" in front, and hides secrets.
func (c Change) String() string {
	show := func(value *string) string {
		if SecretKey(c.Key) {
			return hidden
		}
		return strconv.Quote((&secrets{}).message(*value))
	}
	switch {
	case c.Old == nil:
		return "+ " + c.Key + ": " + show(c.New)
	case c.New == nil:
		return "- " + c.Key + ": " + show(c.Old)
	}
	return "~ " + c.Key + ": " + show(c.Old) + " → " + show(c.New)
}

// Diff says what must change in a live configuration for it to be the wanted one, sorted by key. Both are normalised.
// Not compared are "name", which the server adds; live values a server shows as "****" or "••••"; and keys that one of
// the patterns matches (as path.Match: "__internal.*").
func Diff(live, wanted map[string]string, ignore ...string) []Change {
	keys := map[string]bool{}
	for key := range live {
		keys[key] = true
	}
	for key := range wanted {
		keys[key] = true
	}
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		old, isOld := live[key]
		now, isNow := wanted[key]
		if isOld == isNow && old == now || key == "name" || Masked(old) || matches(key, ignore) {
			continue
		}
		change := Change{Key: key}
		if isOld {
			change.Old = &old
		}
		if isNow {
			change.New = &now
		}
		changes = append(changes, change)
	}
	return changes
}

// Equal says that Diff finds nothing.
func Equal(live, wanted map[string]string, ignore ...string) bool {
	return len(Diff(live, wanted, ignore...)) == 0
}

// Masked says that a server did not show this value but "****" or "••••" in its place, as some distributions do.
func Masked(value string) bool {
	return len(value) > 3 && strings.Trim(value, "*•") == ""
}

func matches(key string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, key)
		return ok && err == nil || pattern == key
	})
}
