// Package recording writes down what comes in, notifications and the counts that are read, a JSON object a line, for
// alertscale replay, and reads that again. It has nothing to do with the decisions that the API tells of, which
// package history keeps.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Line is one line of a recording: a notification or a list of alerts, a POST to a hook, or counts that were read.
type Line struct {
	At time.Time

	// Payload is what was posted: a notification, or, as to an Alertmanager, a list of alerts; of a hook, the labels of its
	// alert; nil: there is none.
	Payload []byte
	Sender  string // who posted it; empty: whoever needed no token
	Hook    string // that was posted to; empty: it is a notification of Alertmanager's webhook
	Key     string // of a POST to a hook: its idempotency key; empty: it had none

	// Again is when the notification came before that this one is word for word; zero: it has a payload of its own.
	Again time.Time

	Counts map[string]int // by the ref as it is written
}

// Append writes a line.
func (l *Line) Append(b []byte) []byte {
	b = append(b, `{"at":"`...)
	b = l.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	if l.Hook != "" {
		b = appendText(append(b, `,"hook":`...), l.Hook)
	}
	if l.Sender != "" {
		b = appendText(append(b, `,"sender":`...), l.Sender)
	}
	if l.Key != "" {
		b = appendText(append(b, `,"key":`...), l.Key)
	}
	if !l.Again.IsZero() {
		b = append(l.Again.UTC().AppendFormat(append(b, `,"again":"`...), time.RFC3339Nano), '"')
	}
	if l.Payload != nil {
		b = appendPayload(append(b, `,"payload":`...), l.Payload)
	}
	if l.Counts != nil {
		counts, _ := json.Marshal(l.Counts) // of a map of numbers it never fails; it is sorted
		b = append(append(b, `,"counts":`...), counts...)
	}
	return append(b, "}\n"...)
}

func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // an error tells of U+FFFD, put for what is not UTF-8
	return b
}

// byteOrderMark is what some senders put before a text in UTF-8.
var byteOrderMark = []byte("\uFEFF")

// appendPayload writes a notification on one line: JSON has line feeds between its tokens alone, where a space does as well.
func appendPayload(b, payload []byte) []byte {
	start := len(b)
	b = append(b, bytes.TrimSpace(bytes.TrimPrefix(payload, byteOrderMark))...)
	for rest := b[start:]; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return b
		}
		rest[i] = ' '
		rest = rest[i+1:]
	}
}

// parseLine reads a line. What it has of the text it shares memory with.
func parseLine(text []byte) (l Line, err error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	open, err := dec.ReadToken()
	if err != nil {
		return l, err
	}
	if open.Kind() != '{' {
		return l, errors.New("it is no object")
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return l, err
		}
		field := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return l, err
		}
		if err := l.take(field, value, text, int(dec.InputOffset())); err != nil {
			return l, fmt.Errorf("%s: %w", field, err)
		}
	}
	return l, l.check()
}

// take takes the value of a field, which ends at a place of the text.
func (l *Line) take(field string, value jsontext.Value, text []byte, end int) error {
	switch field {
	case "at":
		return json.Unmarshal(value, &l.At)
	case "hook":
		return json.Unmarshal(value, &l.Hook)
	case "sender":
		return json.Unmarshal(value, &l.Sender)
	case "key":
		return json.Unmarshal(value, &l.Key)
	case "again":
		return json.Unmarshal(value, &l.Again)
	case "counts":
		return json.Unmarshal(value, &l.Counts)
	case "payload":
		l.Payload = text[end-len(value) : end : end]
	}
	return nil
}

func (l *Line) check() error {
	switch year := l.At.UTC().Year(); {
	case l.At.IsZero():
		return errors.New(`it has no "at": when it came`)
	case year < 1970 || year > 9998:
		return errors.New(`"at" is not within the years 1970 to 9998`)
	case l.Payload == nil && l.Counts == nil && l.Again.IsZero():
		return errors.New("it has neither payload nor counts")
	default:
		return nil
	}
}
