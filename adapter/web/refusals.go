package web

import (
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// How much of what a sender sent goes into a line of the log, and into an answer, in bytes.
const (
	maxMethod = 16
	maxPath   = 256
	maxText   = 1024
)

// refusals logs the requests that are refused: a 404 that nobody sees is a lost alert. Each code has only so
// many lines a second, so that no sender floods the log; the next line says how many were left out.
type refusals struct {
	logger log.Logger
	now    func() time.Time

	mu      sync.Mutex
	seconds map[int]*second // by code
}

// second is what was logged of a code since its start.
type second struct {
	start          time.Time
	lines, leftOut int
}

func newRefusals(logger log.Logger, now func() time.Time) *refusals {
	return &refusals{logger: logger, now: now, seconds: map[int]*second{}}
}

// linesPerSecond is one for what scanners and wrong urls cause without end. The other codes are answers to
// notifications, each of which may be wrong in its own way.
func linesPerSecond(code int) int {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return 1
	default:
		return 10
	}
}

// log writes a line about a refused request, or counts it as left out.
func (f *refusals) log(r *http.Request, code int, text string) {
	leftOut, ok := f.take(code)
	if !ok {
		return
	}
	line := []any{
		"msg", "request refused", "path", clip(sentPath(r), maxPath), "code", code, "method", clip(r.Method, maxMethod),
		"remote", r.RemoteAddr, "err", clip(text, maxText),
	}
	if leftOut > 0 {
		line = append(line, "left_out", leftOut)
	}
	level.Warn(f.logger).Log(line...)
}

// take reports whether there may be a line now, and how many were left out before it.
func (f *refusals) take(code int) (leftOut int, ok bool) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.seconds[code]
	if s == nil {
		s = &second{start: now}
		f.seconds[code] = s
	}
	if passed := now.Sub(s.start); passed < 0 || passed >= time.Second {
		s.start, s.lines = now, 0
	}
	if s.lines == linesPerSecond(code) {
		s.leftOut++
		return 0, false
	}
	s.lines++
	leftOut, s.leftOut = s.leftOut, 0
	return leftOut, true
}

// refuse logs a request that is refused, and answers it.
func (f *refusals) refuse(w http.ResponseWriter, r *http.Request, code int, errorType, text string) {
	f.log(r, code, text)
	fail(w, r, code, errorType, text)
}

// clip shortens a text to so many bytes, at a character's end.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
