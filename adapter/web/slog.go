package web

import (
	"context"
	"log/slog"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// bridge lets the toolkit, which logs with slog, write to a go-kit logger.
type bridge struct {
	logger log.Logger
}

// Enabled implements slog.Handler: the logger filters by itself.
func (b bridge) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (b bridge) Handle(_ context.Context, r slog.Record) error {
	to := level.Debug
	switch {
	case r.Level >= slog.LevelError:
		to = level.Error
	case r.Level >= slog.LevelWarn:
		to = level.Warn
	case r.Level >= slog.LevelInfo:
		to = level.Info
	}
	keyvals := []any{"msg", r.Message}
	r.Attrs(func(a slog.Attr) bool {
		keyvals = append(keyvals, a.Key, a.Value.Any())
		return true
	})
	return to(b.logger).Log(keyvals...)
}

// WithAttrs implements slog.Handler.
func (b bridge) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		b.logger = log.With(b.logger, a.Key, a.Value.Any())
	}
	return b
}

// WithGroup implements slog.Handler. The toolkit uses no groups.
func (b bridge) WithGroup(string) slog.Handler { return b }
