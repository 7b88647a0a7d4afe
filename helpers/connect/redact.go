package connect

// Redaction: no message of this package shows a secret, although Connect's own messages echo whole configurations.

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const hidden = "****"

// SecretKey says whether the value under this key of a configuration is to be kept out of sight.
func SecretKey(key string) bool {
	key = strings.ToLower(key)
	for _, harmless := range []string{".converter", ".converter.schemas.enable", ".serializer", ".deserializer", ".class"} {
		if strings.HasSuffix(key, harmless) {
			return false
		}
	}
	for _, part := range []string{"password", "passwd", "passphrase", "secret", "token", "key", "credential", "jaas", "user.info"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// secrets are the values a client has been given and must never show.
type secrets struct {
	mu     sync.Mutex
	values map[string]bool
	// further is asked once, when something is to be shown; who comes meanwhile waits.
	further func() []string
	asked   sync.Once
}

func (s *secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]bool{}
	}
	for _, value := range values {
		if !harmless(value) {
			s.values[value] = true
		}
	}
}

// harmless values would only make messages unreadable: references are no secrets, nor is "true".
func harmless(value string) bool {
	reference := strings.HasPrefix(value, "${") && strings.HasSuffix(value, "}") && strings.Count(value, "${") == 1
	return value == "" || value == "true" || value == "false" || reference
}

// patterns find secrets by their surroundings, for those the client was never given.
type patterns struct{ userinfo, quoted, echo, pair *regexp.Regexp }

// Compiled when the first message is redacted: most hooks see none.
var redactions = sync.OnceValue(func() patterns {
	const name = `[\w.\-]*(?:password|passwd|passphrase|secret|token|key|credential|jaas|user\.info)[\w.\-]*`
	return patterns{
		userinfo: regexp.MustCompile(`(://[^\s:/@"']*:)([^\s@"']+)@`),
		quoted:   regexp.MustCompile(`(?i)(?:password|secret|token)\s*=\s*(?:"([^"]*)"|'([^']*)')`),
		// A Java map as it prints itself. What follows a word, as in PluginDesc{…}, is something else.
		echo: regexp.MustCompile(`(?s)(^|[\s:=(,])\{.*[=:].*\}`),
		pair: regexp.MustCompile(`(?i)("?\b` + name + `"?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;}\]]+)`),
	}
})

// learn remembers the secrets in a configuration, also those inside addresses and JAAS texts.
func (s *secrets) learn(config map[string]string) {
	for key, value := range config {
		if SecretKey(key) {
			s.add(value)
		}
		if strings.Contains(value, "://") {
			for _, found := range redactions().userinfo.FindAllStringSubmatch(value, -1) {
				s.add(found[2])
			}
		}
		if strings.ContainsAny(value, `"'`) {
			for _, found := range redactions().quoted.FindAllStringSubmatch(value, -1) {
				s.add(found[1], found[2])
			}
		}
	}
}

// known gives the secrets, the longest first, so that none survives as the rest of a shorter one.
func (s *secrets) known() []string {
	if s.further != nil {
		s.asked.Do(func() { s.add(s.further()...) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.values), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// without gives a text in which no secret is.
func (s *secrets) without(text string) string {
	for _, value := range s.known() {
		text = replaceWord(text, value)
	}
	return text
}

// message makes what a server said fit to be shown: without secrets, on one line, not endless.
func (s *secrets) message(text string) string {
	text = s.without(text)
	p := redactions()
	text = p.echo.ReplaceAllString(text, "${1}{"+hidden+"}")
	text = p.userinfo.ReplaceAllString(text, "${1}"+hidden+"@")
	text = p.pair.ReplaceAllStringFunc(text, func(pair string) string {
		parts := p.pair.FindStringSubmatch(pair)
		if key := strings.Trim(parts[1], "\"=: \t"); !SecretKey(key) {
			return pair
		}
		return parts[1] + hidden
	})
	return shorten(strings.Join(strings.Fields(text), " "))
}

// FirstLine gives what a trace says first, fit to be shown: without the secrets of the connector's configuration, and
// without what looks like one.
func FirstLine(trace string, config map[string]string) string {
	var known secrets
	known.learn(config)
	return known.firstLine(trace)
}

// firstLine hides before it cuts: a secret may have several lines.
func (s *secrets) firstLine(trace string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s.without(trace)), "\n")
	return s.message(first)
}

// ShownURL gives an address as it may be shown: without user, password and query, also where it is no URL, as one with a
// password that somebody forgot to encode.
func ShownURL(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "", address
	} else {
		scheme += "://"
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = hidden + rest[at:]
	}
	if query := strings.IndexAny(rest, "?#"); query >= 0 {
		rest = rest[:query+1] + hidden
	}
	return scheme + rest
}

// replaceWord hides a value. Short ones only where they stand alone: a password "a" must not blacken every "a".
func replaceWord(text, value string) string {
	if utf8.RuneCountInString(value) > 3 {
		return strings.ReplaceAll(text, value, hidden)
	}
	var b strings.Builder
	for {
		at := strings.Index(text, value)
		if at < 0 {
			return b.String() + text
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(value):])
		b.WriteString(text[:at])
		if at > 0 && wordy(before) || wordy(after) {
			b.WriteString(value)
		} else {
			b.WriteString(hidden)
		}
		text = text[at+len(value):]
	}
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// maxMessage is as much as still fits into a status line or a log line somebody reads.
const maxMessage = 600

func shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
