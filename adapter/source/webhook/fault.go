package webhook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// fault is JSON that is well formed, and not what a notification looks like.
type fault struct{ path, what string }

func (f *fault) Error() string {
	if f.path == "" {
		return f.what
	}
	return f.path + ": " + f.what
}

// malformed is a body that is not JSON.
type malformed struct {
	offset int64
	err    error
}

func (m *malformed) Error() string {
	return fmt.Sprintf("malformed JSON at byte %d: %v", m.offset, m.err)
}

func (m *malformed) Unwrap() error { return m.err }

// faultf is a fault at the value that was read last.
func (r *reader) faultf(format string, args ...any) error {
	if r.terse {
		return new(fault)
	}
	pointer := r.dec.StackPointer()
	if !r.direct.IsZero() {
		pointer = "/alerts" + pointer
	}
	return &fault{path(pointer), fmt.Sprintf(format, args...)}
}

func (r *reader) mismatch(want string, got jsontext.Kind) error {
	return r.faultf("want %s, got %s", want, kindName(got))
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	default:
		return "an array"
	}
}

// path writes a pointer the way one would in a program: alerts[3].labels["pod"].
func path(p jsontext.Pointer) string {
	var b strings.Builder
	first, depth := "", 0
	for token := range p.Tokens() {
		switch {
		case depth == 0:
			first = token
			b.WriteString(token)
		case depth == 1 && first == "alerts":
			fmt.Fprintf(&b, "[%s]", token)
		case depth == 2:
			b.WriteString("." + token)
		default:
			fmt.Fprintf(&b, "[%.64q]", token)
		}
		depth++
	}
	return b.String()
}

// explain turns what stopped the reading into what the sender should know. That a body is not a
// notification at all, or of another version, comes first, whatever else is wrong with it.
func explain(body []byte, err error) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("empty body: want Alertmanager's webhook JSON")
	}
	if syntax := syntactic(err); syntax != nil {
		return syntax
	}
	h, skimErr := skim(body)
	if syntax := syntactic(skimErr); syntax != nil {
		return syntax
	}
	if f, ok := errors.AsType[*fault](skimErr); ok && f.path != "" {
		return f // the version itself is of the wrong type
	}
	if h == (head{}) && isAlertList(body) {
		return errors.New("this is a list of alerts, as Prometheus posts it to an Alertmanager: " +
			"have it posted to /api/v2/alerts, or have an Alertmanager between")
	}
	return cmp.Or(h.check(), err)
}

func syntactic(err error) error {
	if serr, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return &malformed{serr.ByteOffset, serr.Err}
	}
	if errors.Is(err, io.EOF) {
		return &malformed{0, io.ErrUnexpectedEOF}
	}
	return nil
}

// isAlertList reports whether a body is what an Alertmanager takes on its API: an array of objects with labels.
func isAlertList(body []byte) bool {
	r := newReader(body)
	if open, err := r.dec.ReadToken(); err != nil || open.Kind() != '[' {
		return false
	}
	found := false
	err := r.object(func(name string) error {
		found = found || name == "labels"
		return r.dec.SkipValue()
	})
	return err == nil && found
}

// skim reads the head alone.
func skim(body []byte) (h head, err error) {
	r := newReader(body)
	err = r.object(func(name string) (err error) {
		switch name {
		case "version":
			h.version, err = r.str()
		case "alerts":
			h.alerts, err = true, r.dec.SkipValue()
		default:
			err = r.dec.SkipValue()
		}
		return err
	})
	return h, err
}
