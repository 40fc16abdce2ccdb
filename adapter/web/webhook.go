package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-kit/log/level"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// retryAfter is the Retry-After of a 503, in seconds. Alertmanager backs off on its own account.
const retryAfter = "5"

// maxPooled is up to which size buffers are kept for the next notification.
const maxPooled = 1 << 20

// notifications is POST /webhook, and what POST /hook/NAME has in common with it.
type notifications struct {
	Options
	buffers sync.Pool // of *buffers
}

// buffers hold a body and, later, the answer to it.
type buffers struct {
	body   bytes.Buffer
	answer []byte
}

// ServeHTTP answers one notification.
func (h *notifications) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.take(w, r, h.Decode) }

// take answers one POST that decode makes a notification of, and counts the answer.
func (h *notifications) take(w http.ResponseWriter, r *http.Request, decode func([]byte) (*rules.Event, error)) {
	start := time.Now()
	code := http.StatusInternalServerError // what a panic is answered with
	defer func() { h.Metrics.answered(code, time.Since(start)) }()
	if r.Method != http.MethodPost {
		code = http.StatusMethodNotAllowed
		refuseMethod(w, r, http.MethodPost)
		return
	}
	b, _ := h.buffers.Get().(*buffers)
	if b == nil {
		b = new(buffers)
	}
	event, err := h.read(w, r, b, decode)
	if err != nil {
		code = h.refuse(w, r, err)
	} else {
		code = h.serve(w, r, b, event, start.Add(h.Deadline))
	}
	// Not deferred: after a panic, somebody may still hold the body.
	if b.body.Cap() <= maxPooled && cap(b.answer) <= maxPooled {
		h.buffers.Put(b)
	}
}

func (h *notifications) serve(w http.ResponseWriter, r *http.Request, b *buffers, event *rules.Event, deadline time.Time) int {
	// What a notification asks for is done also if its sender goes away.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), deadline)
	defer cancel()
	ds := h.Handler.Handle(ctx, event)
	code, errorType, text := judge(ds)
	out := b.answer[:0]
	if code == http.StatusOK {
		out = append(out, `{"status":"success"`...)
	} else {
		out = appendError(out, errorType, text)
	}
	out = append(out, ',')
	out = append(appendDecisions(out, ds), '}')
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	send(w, code, out)
	b.answer = out
	return code
}

// read reads and decodes the body.
func (h *notifications) read(w http.ResponseWriter, r *http.Request, b *buffers, decode func([]byte) (*rules.Event, error)) (*rules.Event, error) {
	b.body.Reset()
	if _, err := b.body.ReadFrom(http.MaxBytesReader(w, r.Body, h.MaxRequestBytes)); err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return decode(b.body.Bytes())
}

// refuse answers a body that could not be read or is no notification, and logs it: Alertmanager
// sends again what got a 5xx, but a 4xx is the end of a notification.
func (h *notifications) refuse(w http.ResponseWriter, r *http.Request, err error) int {
	code, errorType := http.StatusBadRequest, badData
	text := err.Error()
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case tooLarge:
		code = http.StatusRequestEntityTooLarge
		remedy := "set max_alerts in the receiver's webhook_configs"
		if r.PathValue("name") != "" {
			remedy = "send no more than the labels of an alert"
		}
		text = fmt.Sprintf("the body is over %d bytes: %s, or raise --web.max-request-bytes", h.MaxRequestBytes, remedy)
	case errors.Is(err, os.ErrDeadlineExceeded):
		code, errorType = http.StatusServiceUnavailable, unavailable
		text = "the body did not arrive in time"
		w.Header().Set("Retry-After", retryAfter)
	}
	level.Warn(h.Logger).Log("msg", "notification refused", "path", r.URL.Path, "code", code, "remote", r.RemoteAddr, "err", text)
	fail(w, r, code, errorType, text)
	return code
}

// judge finds the status for what was decided. A label that is broken (rejected, but not refused by
// an API) is no error: sending it again would not mend it.
func judge(ds []engine.Decision) (code int, errorType, text string) {
	var failed, refused int
	var firstFailed, firstRefused *engine.Decision
	for i := range ds {
		switch d := &ds[i]; {
		case d.Verdict == engine.Failed:
			if failed++; firstFailed == nil {
				firstFailed = d
			}
		case d.Verdict == engine.Rejected && d.Refused:
			if refused++; firstRefused == nil {
				firstRefused = d
			}
		}
	}
	switch {
	case failed > 0:
		return http.StatusServiceUnavailable, unavailable, describe("failed, to be tried again", failed, len(ds), firstFailed)
	case refused > 0:
		return http.StatusUnprocessableEntity, execution, describe("refused", refused, len(ds), firstRefused)
	default:
		return http.StatusOK, "", ""
	}
}

// describe tells in a line, for the log of the sender, what was wrong.
func describe(what string, n, of int, first *engine.Decision) string {
	why := first.Ref
	if len(first.Why) > 0 {
		why += ": " + first.Why[len(first.Why)-1]
	}
	return fmt.Sprintf("%d of %d decisions %s: %s", n, of, what, why)
}
