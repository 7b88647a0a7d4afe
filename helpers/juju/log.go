package juju

// Log lines to juju-log, as slog writes them. A line is a call, made at once:
// over the socket that costs a tenth of a millisecond, and a line that is
// buffered is a line that a killed hook has lost.

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// maxLine bounds a log line, well below what one process argument may hold.
const maxLine = 32 << 10

// logHandler writes records as "message key=value key=value".
type logHandler struct {
	sink  *logSink
	attrs string // formatted already, each with a blank before it
	group string // "a.b."
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.sink.unit.options.LogLevel.Level()
}

func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	var line strings.Builder
	line.WriteString(record.Message)
	line.WriteString(h.attrs)
	record.Attrs(func(attr slog.Attr) bool {
		writeAttr(&line, h.group, attr)
		return true
	})
	h.sink.write(ctx, levelName(record.Level), line.String())
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, attr := range attrs {
		writeAttr(&b, h.group, attr)
	}
	return &logHandler{sink: h.sink, attrs: h.attrs + b.String(), group: h.group}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &logHandler{sink: h.sink, attrs: h.attrs, group: h.group + name + "."}
}

func writeAttr(b *strings.Builder, group string, attr slog.Attr) {
	value := attr.Value.Resolve()
	if attr.Equal(slog.Attr{}) {
		return
	}
	if value.Kind() == slog.KindGroup {
		if attr.Key != "" {
			group += attr.Key + "."
		}
		for _, inner := range value.Group() {
			writeAttr(b, group, inner)
		}
		return
	}
	text := value.String()
	if value.Kind() == slog.KindAny {
		text = fmt.Sprintf("%+v", value.Any())
	}
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || r == 0x7f }) {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + group + attr.Key + "=" + text)
}

// logLine keeps a record on one line of bounded length, blanks as they are.
func logLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	return text
}

func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "DEBUG"
	case level < slog.LevelWarn:
		return "INFO"
	case level < slog.LevelError:
		return "WARNING"
	}
	return "ERROR"
}

// logSink writes lines, and to standard error once juju-log has failed.
type logSink struct {
	unit *Unit

	mu     sync.Mutex
	failed bool
}

// write outlives the hook's context: the lines that matter most come when it
// was cancelled.
func (s *logSink) write(ctx context.Context, level, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line = logLine(line)
	if !s.failed {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, err := s.unit.call(ctx, "", Call{Tool: "juju-log", Args: []string{"-l", level, "--", line}})
		if err == nil {
			return
		}
		s.failed = true
	}
	fmt.Fprintln(s.unit.options.Stderr, level, line)
}
