// The command line of a hook tool, read as Juju's gnuflag reads it: options and arguments may be mixed, "--" ends
// options, "-r=db:1" gives "=db:1", and the errors have its words.

package charmtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// usageError makes a tool exit with code 2 instead of 1.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

var errHelp = errors.New("help")

type flagValue struct {
	set  func(string) error
	bool bool
}

type flagSet struct {
	values map[string]flagValue
}

func (f *flagSet) add(v flagValue, names ...string) {
	if f.values == nil {
		f.values = map[string]flagValue{}
	}
	for _, n := range names {
		f.values[n] = v
	}
}

func (f *flagSet) bool(names ...string) *bool {
	out := new(bool)
	f.add(flagValue{bool: true, set: func(s string) (err error) {
		*out, err = strconv.ParseBool(s)
		return err
	}}, names...)
	return out
}

func (f *flagSet) string(value string, names ...string) *string {
	f.add(flagValue{set: func(s string) error { value = s; return nil }}, names...)
	return &value
}

func (f *flagSet) int(names ...string) *int {
	out := new(int)
	f.add(flagValue{set: func(s string) (err error) {
		n, err := strconv.ParseInt(s, 0, 64)
		*out = int(n)
		return err
	}}, names...)
	return out
}

func withMinus(name string) string {
	if len(name) > 1 {
		return "--" + name
	}
	return "-" + name
}

// parse gives the arguments that are no options.
func (f *flagSet) parse(args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case a == "--":
			return append(rest, args...), nil
		case a == "-" || !strings.HasPrefix(a, "-"):
			rest = append(rest, a)
		case strings.HasPrefix(a, "--"):
			name, value, has := strings.Cut(a[2:], "=")
			if name == "" {
				return nil, usagef("empty option in argument %q", a)
			}
			var err error
			if args, err = f.one(name, value, has, args); err != nil {
				return nil, err
			}
		default:
			var err error
			if args, err = f.short(a[1:], args); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// short reads a group of one-letter options, of which only the last can have a value.
func (f *flagSet) short(group string, args []string) ([]string, error) {
	for group != "" {
		_, n := utf8.DecodeRuneInString(group)
		name := group[:n]
		group = group[n:]
		v, ok := f.values[name]
		if ok && v.bool && !strings.HasPrefix(group, "=") || !ok {
			if _, err := f.one(name, "", false, nil); err != nil {
				return nil, err
			}
			continue
		}
		return f.one(name, group, group != "", args)
	}
	return args, nil
}

func (f *flagSet) one(name, value string, has bool, args []string) ([]string, error) {
	v, ok := f.values[name]
	switch {
	case !ok && (name == "help" || name == "h"):
		return nil, errHelp
	case !ok:
		return nil, usagef("option provided but not defined: %s", withMinus(name))
	case v.bool && !has:
		value = "true"
	case !has && len(args) == 0:
		return nil, usagef("option needs an argument: %s", withMinus(name))
	case !has:
		value, args = args[0], args[1:]
	}
	if err := v.set(value); err != nil {
		return nil, usagef("invalid value %q for option %s: %w", value, withMinus(name), err)
	}
	return args, nil
}

func noMore(args []string) error {
	if len(args) > 0 {
		return usagef("unrecognized args: %q", args)
	}
	return nil
}

func zeroOrOne(args []string) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], noMore(args[1:])
}

// keyValues reads arguments of the form key=value; spaces around either are dropped, as Juju does.
func keyValues(args []string) (map[string]string, error) {
	out := map[string]string{}
	for _, a := range args {
		if a == "" {
			continue
		}
		k, v, ok := strings.Cut(a, "=")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		switch _, twice := out[k]; {
		case !ok:
			return nil, usagef("expected \"key=value\", got %q", a)
		case k == "":
			return nil, usagef("expected \"key=value\", got \"=%s\"", v)
		case twice:
			return nil, usagef("key %q specified more than once", k)
		}
		out[k] = v
	}
	return out, nil
}
