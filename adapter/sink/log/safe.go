package log

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-kit/log"
)

// MaxValue bounds a value of a line, in bytes.
const MaxValue = 8 << 10

// Safe returns a logger that cleans values before next formats them: it belongs next to the one that writes. What
// is not printable is escaped, as a Go string would have it: control characters, with which a label could speak to
// the terminal of whoever reads the log, and those of zero width and of direction, with which it could look like
// another. Newlines and tabs are left to logfmt and JSON, which escape both. A value that is longer than MaxValue
// is cut.
func Safe(next log.Logger) log.Logger { return &safe{next} }

type safe struct{ next log.Logger }

// Log implements log.Logger.
func (s *safe) Log(keyvals ...any) error {
	copied := false // the slice is the caller's
	for i := 1; i < len(keyvals); i += 2 {
		text, ok := printed(keyvals[i])
		if !ok || isClean(text) {
			continue
		}
		if !copied {
			keyvals, copied = append([]any(nil), keyvals...), true
		}
		keyvals[i] = clean(text)
	}
	return s.next.Log(keyvals...)
}

// printed returns a value as it will be printed; false where it cannot hold a text of others.
func printed(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case error:
		return call(v, v.Error)
	case fmt.Stringer:
		return call(v, v.String)
	}
	switch k := reflect.TypeOf(v).Kind(); {
	case k >= reflect.Bool && k <= reflect.Complex128:
		return "", false
	case k == reflect.String:
		return reflect.ValueOf(v).String(), true
	default:
		return fmt.Sprint(v), true
	}
}

// call calls a method of a value. What panics, as it may on a nil pointer, is left to the next logger, which
// knows how to print it.
func call(v any, method func() string) (text string, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			text, ok = fmt.Sprintf("%T: %v", v, cause), !isNil(v)
		}
	}()
	return method(), true
}

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// isClean reports whether a text can be written as it is.
func isClean(s string) bool {
	if len(s) > MaxValue {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c == 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return cleanFrom(s[i:])
		}
	}
	return true
}

func cleanFrom(s string) bool {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if !plain(r, size) {
			return false
		}
		s = s[size:]
	}
	return true
}

// plain reports whether a character is written as it is. One byte that is U+FFFD is no UTF-8.
func plain(r rune, size int) bool {
	return (r != utf8.RuneError || size != 1) && (strconv.IsPrint(r) || r == '\n' || r == '\t')
}

// clean escapes a text, and cuts what is escaped.
func clean(s string) string {
	var b strings.Builder
	for rest := s; len(rest) > 0; {
		r, size := utf8.DecodeRuneInString(rest)
		part := rest[:size]
		if !plain(r, size) {
			quoted := strconv.Quote(part)
			part = quoted[1 : len(quoted)-1]
		}
		if b.Len()+len(part) > MaxValue {
			fmt.Fprintf(&b, "… (%d bytes more)", len(rest))
			break
		}
		b.WriteString(part)
		rest = rest[size:]
	}
	return b.String()
}
