package controller

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter is how long an answer over HTTP asks to be left alone for; false where it does not.
func RetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// OneLine makes a text of whatever length, such as the body of an answer, one line of a log of at most so many
// bytes.
func OneLine(text string, longest int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
