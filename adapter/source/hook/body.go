package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"alertscale/rules"

	"github.com/go-json-experiment/json/jsontext"
)

// readLabels reads the single values of a JSON object: texts as they are, numbers as they are written, true
// and false. Lists, objects and null are passed over, and so is what is empty, which no alert can tell from a
// label that is not there.
func readLabels(body []byte) (map[string]string, error) {
	labels := map[string]string{}
	if len(bytes.TrimSpace(body)) == 0 {
		return labels, nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	open, err := dec.ReadToken()
	if err != nil {
		return nil, malformed(err)
	}
	if open.Kind() != '{' {
		return nil, errors.New("the body is JSON, but no object; want one whose fields become labels, or no body")
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
		return nil, errors.New("the body goes on after its JSON object")
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
	if text := value.String(); value.Kind() != 'n' && name != "" && text != "" {
		labels[name] = text
	}
	return nil
}

func malformed(err error) error {
	return fmt.Errorf("the body is no JSON: %s; want an object whose fields become labels, or no body", strings.TrimPrefix(err.Error(), "jsontext: "))
}

// sorted lists labels by name.
func sorted(labels map[string]string) rules.Labels {
	all := make(rules.Labels, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, rules.Label{Name: name, Value: labels[name]})
	}
	return all
}
