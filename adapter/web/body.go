package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// errInflight says that the bodies of all senders together are at their limit.
var errInflight = errors.New("too much is being worked on at once (--limits.inflight-bytes): send it again")

// encodingError is a Content-Encoding that is not taken.
type encodingError string

// Error implements error.
func (e encodingError) Error() string {
	return fmt.Sprintf("the Content-Encoding %.64q is not taken: send the body as it is, or as gzip", string(e))
}

// metered reads a body as it is decoded, up to a limit of its own, and reserves what it reads of the budget of
// all bodies. It reserves what has arrived, not what a Content-Length announces: else a few senders that announce
// much and send nothing would keep all others out.
type metered struct {
	from     io.Reader
	limit    int64 // of this body
	budget   *budget
	reserved int64
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	switch size := int64(n); {
	case m.reserved+size > m.limit:
		return 0, &http.MaxBytesError{Limit: m.limit}
	case !m.budget.reserve(size):
		return 0, errInflight
	default:
		m.reserved += size
		return n, err
	}
}

// read fills the buffer with the body, decoded. What it reserved is released by the caller.
func (h *notifications) read(w http.ResponseWriter, r *http.Request, b *buffers) error {
	b.body.Reset()
	b.in = metered{limit: h.MaxRequestBytes, budget: &h.inflight}
	if r.ContentLength > h.MaxRequestBytes {
		return &http.MaxBytesError{Limit: h.MaxRequestBytes}
	}
	sent := http.MaxBytesReader(w, r.Body, h.MaxRequestBytes)
	switch encoding := contentEncoding(r.Header); encoding {
	case "", "identity":
		b.in.from = sent
	case "gzip", "x-gzip":
		if err := b.unzip(sent); err != nil {
			return fmt.Errorf("unpack the body, which is gzip by its Content-Encoding: %w", err)
		}
		b.in.from = b.zip
	default:
		return encodingError(encoding)
	}
	if _, err := b.body.ReadFrom(&b.in); err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	return nil
}

// unzip begins to unpack a body. The reader stays with the buffers: it is much larger than most bodies.
func (b *buffers) unzip(sent io.Reader) (err error) {
	if b.zip == nil {
		b.zip = new(gzip.Reader)
	}
	return b.zip.Reset(sent)
}

func contentEncoding(h http.Header) string {
	if len(h["Content-Encoding"]) == 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ", ")))
}

// refuse answers a body that could not be read or is no notification, and logs it: Alertmanager
// sends again what got a 5xx, but a 4xx is the end of a notification.
func (h *notifications) refuse(w http.ResponseWriter, r *http.Request, err error) int {
	code, errorType, text := http.StatusBadRequest, badData, err.Error()
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	_, encoding := errors.AsType[encodingError](err)
	switch {
	case tooLarge:
		h.Limited.Limited(limitRequest)
		code, text = http.StatusRequestEntityTooLarge, h.tooLarge(r)
	case encoding:
		w.Header().Set("Accept-Encoding", "gzip")
		code = http.StatusUnsupportedMediaType
	case errors.Is(err, errInflight):
		h.Limited.Limited(limitInflight)
		code, errorType, text = http.StatusServiceUnavailable, unavailable, errInflight.Error()
	case errors.Is(err, os.ErrDeadlineExceeded):
		code, errorType, text = http.StatusServiceUnavailable, unavailable, "the body did not arrive in time"
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	h.refusals.refuse(w, r, code, errorType, text)
	return code
}

// tooLarge says what a sender of too much can do.
func (h *notifications) tooLarge(r *http.Request) string {
	remedy := "set max_alerts in the receiver's webhook_configs"
	if r.PathValue("name") != "" {
		remedy = "send no more than the labels of an alert"
	}
	return fmt.Sprintf("the body is over %d bytes: %s, or raise --web.max-request-bytes", h.MaxRequestBytes, remedy)
}
