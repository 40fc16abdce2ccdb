package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"

	"alertscale/rules"

	"github.com/go-json-experiment/json/jsontext"
)

// byteOrderMark is what some senders put before a text in UTF-8.
const byteOrderMark = "\uFEFF"

// wanted ends what is said of a body that cannot be read.
const wanted = "want an object whose fields become labels, a form with Content-Type: application/x-www-form-urlencoded, or no body"

// readLabels reads the single values of a JSON object, or of a form.
func readLabels(body []byte, contentType string) (map[string]string, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte(byteOrderMark)))
	switch {
	case len(body) == 0:
		return map[string]string{}, nil
	case isForm(body, contentType):
		return readForm(body)
	default:
		return readJSON(body)
	}
}

// isForm reports whether a body is a form. curl says so of all that it sends by default: what begins as
// JSON does is JSON, as a form has such characters only encoded.
func isForm(body []byte, contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType) // what is wrong with a parameter is of no interest
	return mediaType == "application/x-www-form-urlencoded" && body[0] != '{' && body[0] != '[' && body[0] != '"'
}

// readForm reads the fields of a form. Of several values of one name the last counts, as in JSON; what is empty
// is passed over, and each byte that is not UTF-8 becomes U+FFFD. Slack, and what speaks as it does, puts a JSON object
// into a field payload: its single values are fields, too, beside which those of the form win.
func readForm(body []byte) (map[string]string, error) {
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("the body is no form: %.200s; %s", err, wanted)
	}
	labels := map[string]string{}
	if packed := fields["payload"]; len(packed) > 0 && strings.HasPrefix(packed[len(packed)-1], "{") {
		if labels, err = readJSON([]byte(validText(packed[len(packed)-1]))); err != nil {
			return nil, fmt.Errorf("the field payload of the form: %w", err)
		}
		delete(fields, "payload")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		values := fields[name]
		add(labels, validText(name), validText(values[len(values)-1]))
	}
	return labels, nil
}

func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// readJSON reads the single values of a JSON object: texts as they are, numbers as they are written, true and
// false. Lists, objects and null are passed over, and so is what is empty.
func readJSON(body []byte) (map[string]string, error) {
	labels := map[string]string{}
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	open, err := dec.ReadToken()
	if err != nil {
		return nil, malformed(err)
	}
	if open.Kind() != '{' {
		return nil, errors.New("the body is JSON, but no object; " + wanted)
	}
	for dec.PeekKind() != '}' {
		if err := readLabel(dec, labels); err != nil {
			return nil, malformed(err)
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, malformed(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body goes on after its JSON object; " + wanted)
	}
	return labels, nil
}

func readLabel(dec *jsontext.Decoder, labels map[string]string) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	name := token.String()
	if k := dec.PeekKind(); k == '{' || k == '[' {
		return dec.SkipValue()
	}
	value, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if value.Kind() != 'n' {
		add(labels, name, value.String())
	}
	return nil
}

// add adds a label, unless it is empty: no alert can distinguish that from one that is not there.
func add(labels map[string]string, name, value string) {
	if name != "" && value != "" {
		labels[name] = value
	}
}

func malformed(err error) error {
	return fmt.Errorf("the body is no JSON: %s; %s", strings.TrimPrefix(err.Error(), "jsontext: "), wanted)
}

// sorted lists labels by name.
func sorted(labels map[string]string) rules.Labels {
	all := make(rules.Labels, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, rules.Label{Name: name, Value: labels[name]})
	}
	return all
}
