package httpx

import (
	"net/http"
	"strconv"
	"time"

	"alertscale/adapter/controller"
)

// RetryAfter is how long an answer asks to be left alone: by its header, else by the seconds that its body gives;
// zero where it does not ask.
func RetryAfter(header http.Header, seconds int, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return time.Duration(max(0, seconds)) * time.Second
}

// Failed is the error of a server that fails and may not the next time, and that asks to be left alone for a
// while, or, with zero, does not. Such a server may have carried a write out, which a ThrottledError would deny.
func Failed(err error, after time.Duration, write bool) error {
	switch {
	case after == 0:
		return err
	case write:
		return &controller.UnavailableError{After: after, Err: err}
	}
	return &controller.ThrottledError{After: after, Err: err}
}
