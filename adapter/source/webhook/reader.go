package webhook

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"alertscale/rules"
)

// How much of a body one alert, and one label, takes at the least as a rule. They size what is
// allocated ahead; a denser body costs a few more allocations.
const (
	bytesPerAlert = 400
	bytesPerLabel = 40
)

// reader walks the tokens of one body. Walking, in place of decoding by reflection, is what makes
// a repeated notification cheap: next to nothing else is done for it.
type reader struct {
	dec       *jsontext.Decoder
	text      string        // the body; what has no escapes is sliced out of it
	pairs     []rules.Label // the labels of all alerts are carved out of it
	terse     bool          // faults are not described, as nobody will read them
	direct    time.Time     // when a body came that is a list of alerts alone; zero: it is a notification
	inherited *string       // the status of the message, once it was looked up
}

func newReader(body []byte) *reader {
	if !utf8.Valid(body) {
		body = []byte(string([]rune(string(body)))) // as encoding/json reads it: U+FFFD for each byte
	}
	return &reader{
		dec:   newDecoder(body),
		text:  string(body),
		pairs: make([]rules.Label, 0, len(body)/bytesPerLabel+16),
	}
}

func newDecoder(body []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(body),
		jsontext.AllowDuplicateNames(true), // labels() finds them at less cost
		jsontext.AllowInvalidUTF8(true))    // escaped halves of surrogate pairs
}

// messageStatus returns the status of the message, wherever in the body it is: empty where there is none. It
// walks the body once more, the first time; only senders that leave out an alert's status cost that.
func (r *reader) messageStatus() (string, error) {
	if r.inherited != nil {
		return *r.inherited, nil
	}
	ahead, status := &reader{dec: newDecoder([]byte(r.text)), text: r.text}, ""
	err := ahead.object(func(name string) error {
		if name != "status" {
			return ahead.dec.SkipValue()
		}
		v, err := ahead.raw()
		status = ""
		if kind(v) == '"' {
			status = unquote(v)
		}
		return err
	})
	r.inherited = &status
	return status, err
}

// object reads an object; each reads the value of a name. Null is an object without names.
func (r *reader) object(each func(name string) error) error {
	open, err := r.dec.ReadToken()
	if err != nil || open.Kind() == 'n' {
		return err
	}
	if open.Kind() != '{' {
		return r.mismatch("an object", open.Kind())
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.raw()
		if err != nil {
			return err
		}
		if err := each(unquote(name)); err != nil {
			return err
		}
	}
	_, err = r.dec.ReadToken()
	return err
}

// skipTo reads on until all that is open below a depth is closed.
func (r *reader) skipTo(depth int) error {
	for r.dec.StackDepth() > depth {
		if k := r.dec.PeekKind(); k != '}' && k != ']' {
			if err := r.dec.SkipValue(); err != nil {
				return err
			}
		} else if _, err := r.dec.ReadToken(); err != nil {
			return err
		}
	}
	return nil
}

// labels reads an object of texts. Of a number or a boolean the text is what is written; null is no label.
func (r *reader) labels() (rules.Labels, error) {
	start, ascending := len(r.pairs), true
	err := r.object(func(name string) error {
		value, null, err := r.scalar()
		if err != nil || null {
			return err
		}
		if n := len(r.pairs); n > start && r.pairs[n-1].Name >= name {
			ascending = false
		}
		r.pairs = append(r.pairs, rules.Label{Name: name, Value: value})
		return nil
	})
	ls := rules.Labels(r.pairs[start:len(r.pairs):len(r.pairs)])
	if !ascending {
		ls = unique(ls) // Alertmanager sorts names, so that none can be duplicated
	}
	return ls, err
}

// unique leaves of the labels of one name the last.
func unique(ls rules.Labels) rules.Labels {
	slices.SortStableFunc(ls, func(a, b rules.Label) int { return cmp.Compare(a.Name, b.Name) })
	kept := ls[:0]
	for i, l := range ls {
		if i+1 == len(ls) || ls[i+1].Name != l.Name {
			kept = append(kept, l)
		}
	}
	return kept
}

// withoutHook removes the label that says which hook an alert came from, and reports whether it was there.
func withoutHook(ls rules.Labels) (rules.Labels, bool) {
	for i := range ls {
		if ls[i].Name == "hook" {
			return slices.Delete(ls, i, i+1), true
		}
	}
	return ls, false
}

// str reads a string. Null is an empty one.
func (r *reader) str() (string, error) {
	v, err := r.raw()
	if err != nil {
		return "", err
	}
	switch k := kind(v); k {
	case '"':
		return unquote(v), nil
	case 'n':
		return "", nil
	default:
		return "", r.mismatch("a string", k)
	}
}

// scalar reads a string, or the text of a number or a boolean.
func (r *reader) scalar() (text string, null bool, err error) {
	v, err := r.raw()
	if err != nil {
		return "", false, err
	}
	switch k := kind(v); k {
	case '"':
		return unquote(v), false, nil
	case 'n':
		return "", true, nil
	case '{', '[':
		return "", false, r.mismatch("a string", k)
	default:
		return v, false, nil
	}
}

// raw reads a value, or a name, and returns it as it is written.
func (r *reader) raw() (string, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(r.dec.InputOffset())
	return r.text[end-len(v) : end], nil
}

// kind is that of a value as it is written; 0 where there is none.
func kind(raw string) jsontext.Kind {
	switch {
	case raw == "":
		return 0
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return '0'
	default:
		return jsontext.Kind(raw[0])
	}
}

// unquote returns the text of a string as it is written.
func unquote(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // an error is about U+FFFD, put for half a surrogate pair
	return string(text)
}
