package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// retryAfter is the Retry-After of a 503, in seconds. Alertmanager backs off on its own account.
const retryAfter = "5"

// maxPooled is up to which size buffers are kept for the next notification.
const maxPooled = 1 << 20

// notifications is POST /webhook, and what POST /hook/NAME and POST /api/v2/alerts have in common with it.
type notifications struct {
	*routes
	inflight budget
	buffers  sync.Pool // of *buffers
}

// intake is how what is posted to a path is taken.
type intake struct {
	decode decoder
	handle func(context.Context, *rules.Event) []engine.Decision // carries it out; nil: as a notification
	quiet  bool                                                  // where all is well, the answer has no body
}

// decoder makes a notification of a body. It must not keep the body.
type decoder func(body []byte) (*rules.Event, error)

// buffers hold a body and, later, the answer to it.
type buffers struct {
	body   bytes.Buffer
	answer []byte
	in     metered
	zip    *gzip.Reader // nil until a body comes packed
}

// ServeHTTP answers one notification.
func (h *notifications) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if sender, ok := h.admit(w, r); ok {
		h.take(w, r, intake{decode: func(body []byte) (*rules.Event, error) { return h.Decode(body, sender) }})
	}
}

// take answers one POST, and counts the answer.
func (h *notifications) take(w http.ResponseWriter, r *http.Request, in intake) {
	start := time.Now()
	code := http.StatusInternalServerError // what a panic is answered with
	b, _ := h.buffers.Get().(*buffers)
	if b == nil {
		b = new(buffers)
	}
	defer func() {
		h.inflight.release(b.in.reserved)
		h.Metrics.answered(code, time.Since(start))
		// After a panic, somebody may still hold the body.
		if b.in = (metered{}); code != http.StatusInternalServerError && b.body.Cap() <= maxPooled && cap(b.answer) <= maxPooled {
			h.buffers.Put(b)
		}
	}()
	code = h.answer(w, r, b, in, start.Add(h.Deadline))
}

// answer answers one POST and returns with which code.
func (h *notifications) answer(w http.ResponseWriter, r *http.Request, b *buffers, in intake, deadline time.Time) int {
	if r.Method != http.MethodPost {
		h.refusals.refuseMethod(w, r, http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	if err := h.read(w, r, b); err != nil {
		return h.refuse(w, r, err)
	}
	event, err := in.decode(b.body.Bytes())
	if err != nil {
		return h.refuse(w, r, err)
	}
	ds := h.handle(r, in, event, deadline)
	if code, _, _ := judge(ds); in.quiet && code == http.StatusOK {
		w.WriteHeader(code)
		return code
	}
	return h.tell(w, b, ds)
}

func (h *notifications) handle(r *http.Request, in intake, event *rules.Event, deadline time.Time) []engine.Decision {
	// What a notification asks for is done also if its sender goes away.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), deadline)
	defer cancel()
	if in.handle != nil {
		return in.handle(ctx, event)
	}
	return h.Handler.Handle(ctx, event)
}

// tell answers with what was decided.
func (h *notifications) tell(w http.ResponseWriter, b *buffers, ds []engine.Decision) int {
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
