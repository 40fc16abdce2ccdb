package webhook

import (
	"bytes"
	"cmp"
	"slices"
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
	dec   *jsontext.Decoder
	text  string        // the body; what has no escapes is sliced out of it
	pairs []rules.Label // the labels of all alerts are carved out of it
}

func newReader(body []byte) *reader {
	if !utf8.Valid(body) {
		body = []byte(string([]rune(string(body)))) // as encoding/json reads it: U+FFFD for each byte
	}
	return &reader{
		dec: jsontext.NewDecoder(bytes.NewBuffer(body),
			jsontext.AllowDuplicateNames(true), // labels() sees to them at less cost
			jsontext.AllowInvalidUTF8(true)),   // escaped halves of surrogate pairs
		text:  string(body),
		pairs: make([]rules.Label, 0, len(body)/bytesPerLabel+16),
	}
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
		name, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := each(r.unquote(name)); err != nil {
			return err
		}
	}
	_, err = r.dec.ReadToken()
	return err
}

// labels reads an object of strings.
func (r *reader) labels() (rules.Labels, error) {
	start, ascending := len(r.pairs), true
	err := r.object(func(name string) error {
		value, err := r.str()
		if n := len(r.pairs); n > start && r.pairs[n-1].Name >= name {
			ascending = false
		}
		r.pairs = append(r.pairs, rules.Label{Name: name, Value: value})
		return err
	})
	ls := rules.Labels(r.pairs[start:len(r.pairs):len(r.pairs)])
	if !ascending {
		ls = unique(ls) // Alertmanager sorts names, so that none can stand twice
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

// str reads a string. Null is an empty one.
func (r *reader) str() (string, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return "", err
	}
	switch kind := v.Kind(); kind {
	case '"':
		return r.unquote(v), nil
	case 'n':
		return "", nil
	default:
		return "", r.mismatch("a string", kind)
	}
}

// unquote returns the text of the string that was read last.
func (r *reader) unquote(v jsontext.Value) string {
	if bytes.IndexByte(v, '\\') < 0 {
		end := int(r.dec.InputOffset())
		return r.text[end-len(v)+1 : end-1]
	}
	text, _ := jsontext.AppendUnquote(nil, v) // an error tells of U+FFFD, put for half a surrogate pair
	return string(text)
}

// time reads an RFC 3339 time. Null is the zero time.
func (r *reader) time() (time.Time, error) {
	var t time.Time
	v, err := r.dec.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return t, err
	}
	if v.Kind() != '"' {
		return t, r.mismatch("a string", v.Kind())
	}
	if t.UnmarshalText(v[1:len(v)-1]) != nil {
		return t, r.faultf("want a time as in RFC 3339, got %.64s", v)
	}
	return t, nil
}
