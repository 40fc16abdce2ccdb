package webhook

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The times that are taken, in Unix seconds: those of the years 1970 to 9998. Whatever is added to them in
// deciding can still be written as RFC 3339.
const (
	earliest = 0
	latest   = 253370764799
)

// millisAbove decides what a number is: as seconds it is in the year 5138, as milliseconds in 1973.
const millisAbove = 1e11

// time reads a field of an alert, given as it is written in the JSON. The zero time is one that is missing.
func (r *reader) time(d *draft, field, raw string) (time.Time, error) {
	t, ok := parseTime(raw)
	switch {
	case !ok:
		return time.Time{}, r.alertFaultf(d, field, "want a time as in RFC 3339, or Unix seconds or milliseconds, got %.64s", raw)
	case t.Unix() >= earliest && t.Unix() <= latest:
		return t.UTC(), nil
	case isZero(t):
		return time.Time{}, nil
	default:
		return time.Time{}, r.alertFaultf(d, field, "want a time of the years 1970 to 9998, got %.64s", raw)
	}
}

// isZero reports whether a time is the zero time of Go or .NET, which a zone may have moved out of the year 1.
func isZero(t time.Time) bool {
	year := t.UTC().Year()
	return year == 1 || year == 0
}

// parseTime reads a JSON value. What is absent, null, empty or 0 is the zero time.
func parseTime(raw string) (time.Time, bool) {
	switch kind(raw) {
	case 0, 'n':
		return time.Time{}, true
	case '0':
		return parseUnix(raw)
	case '"':
		text := unquote(raw)
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t, true
		}
		return parseLoosely(text)
	default:
		return time.Time{}, false
	}
}

// parseLoosely reads a time that departs from RFC 3339: with a space in place of the T, without a zone, which
// is UTC, with a zone without a colon, without minutes or with seconds, or in small letters.
func parseLoosely(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	const layout = "2006-01-02T15:04:05"
	if len(text) < len(layout) || len(text) > 64 {
		return time.Time{}, false
	}
	text = strings.ToUpper(text)
	if text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for _, zone := range []string{"Z07:00", "", "Z0700", "Z07", "Z07:00:00"} {
		if t, err := time.Parse(layout+zone, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseUnix reads a number of seconds or, where it is too large for that, of milliseconds, with or without a
// fraction. 0 is what a sender without a time sends.
func parseUnix(number string) (time.Time, bool) {
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
		return time.Time{}, false
	case n == 0:
		return time.Time{}, true
	case math.Abs(n) < millisAbove:
		n *= 1000
	case math.Abs(n) > 1e16: // of no year that could be stored, and beyond what an int64 of nanoseconds can take
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(n))), true
}
