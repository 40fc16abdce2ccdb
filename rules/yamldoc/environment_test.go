package yamldoc

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// vars are the variables of the tests.
var vars = map[string]string{
	"A": "a", "N": "5", "EMPTY": "", "LONG": "hunter2hunter2", "yaml": "{x: [y]}: # z\n- null", "_x1": "under", "LATIN": "\xe9", "TMPL": "{{ .Labels.a }}",
	"DOLLAR": "${A}$$", "TRUE": "true",
}

// read reads the value of the key a of a text, with the environment of vars or another one.
func read(text string, e *Environment) (string, error) {
	doc, root := Parse("f.yml", []byte(text))
	if err := doc.Err(); err != nil {
		return "", err
	}
	if e == nil {
		e = NewEnvironment(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	}
	doc.Use(e)
	var got string
	root.Fields([]Field{{Key: "a", Read: func(n Node) { got, _ = n.Scalar() }}})
	return got, doc.Err()
}

func TestEnvironment(t *testing.T) {
	for text, want := range map[string]string{
		"a: ${A}":                        "a",
		`a: "${A}"`:                      "a",
		"a: '${N}'":                      "5",
		"a: x-${A}-${N}${A}":             "x-a-5a",
		"a: ${EMPTY}":                    "",
		"a: ${EMPTY:-b}":                 "b",
		"a: ${NONE:-b}":                  "b",
		"a: ${NONE:-}":                   "",
		"a: ${A:-b}":                     "a",
		"a: ${NONE:-${A}}":               "a",
		"a: ${NONE:-${NONE:-x}}${A}":     "xa",
		"a: ${NONE:-{{ .Labels.b }}}-":   "{{ .Labels.b }}-",
		"a: ${NONE:-$$}":                 "$",
		"a: ${A:-${UNSET}}":              "a",
		"a: $$":                          "$",
		"a: $${A}":                       "${A}",
		"a: $$$${A}":                     "$${A}",
		"a: $$${A}":                      "$a",
		"a: foo$":                        "foo$",
		"a: '^(x|y)$|$'":                 "^(x|y)$|$",
		"a: $A":                          "$A",
		"a: '{{ $x := .Labels.a }}${A}'": "{{ $x := .Labels.a }}a",
		`a: '{{ reReplaceAll "(.*)" "${1}$1" $.x }}'`: `{{ reReplaceAll "(.*)" "${1}$1" $.x }}`,
		"a: '${} ${'":              "${} ${",
		"a: '${A '":                "${A ",
		"a: ${_x1}":                "under",
		"a: |\n  ${A}\n  b\n":      "a\nb\n",
		"a: ${yaml}":               vars["yaml"],
		"a: ${TMPL}":               vars["TMPL"],
		"a: ${DOLLAR}":             "${A}$$",
		"a: &x ${A}":               "a",
		"<<: {a: '${A}'}":          "a",
		"a: \"${NONE:-it's: #1}\"": "it's: #1",
	} {
		got, err := read(text, nil)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestEnvironment_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"a: ${NONE}":         "f.yml:1: a: has ${NONE}, and NONE is not set in the environment; set it, or give a default: ${NONE:-…}",
		"\na: x${NONE}${NO}": "f.yml:2: a: has ${NONE}, and NONE is not set in the environment; set it, or give a default: ${NONE:-…}\nf.yml:2: a: has ${NO}, and NO is not set in the environment; set it, or give a default: ${NO:-…}",
		"a: ${NONE:-${NO}}":  "f.yml:1: a: has ${NO}, and NO is not set in the environment; set it, or give a default: ${NO:-…}",
		"a: ${A-b}":          "f.yml:1: a: ${A-b} is neither ${A} nor ${A:-default}; where a dollar is meant, write $$",
		"a: '${A:?no}'":      "f.yml:1: a: ${A:?no} is neither ${A} nor ${A:-default}; where a dollar is meant, write $$",
		"a: ${LATIN}":        "f.yml:1: a: has ${LATIN}, whose value is not UTF-8",
		"${A}: x":            `f.yml:1: unknown key "${A}"`,
	} {
		_, err := read(text, nil)
		require.EqualError(t, err, want, text)
	}
}

// TestEnvironment_Refused: without variables, what is one is a fault, and nothing else is touched.
func TestEnvironment_Refused(t *testing.T) {
	refused := RefuseVariables("and nothing replaces it")
	for text, want := range map[string]string{
		"a: ${A}":           "f.yml:1: a: has ${A}, and nothing replaces it",
		"a: 'x ${NONE:-b}'": "f.yml:1: a: has ${NONE}, and nothing replaces it",
		"a: ${A-b}":         "f.yml:1: a: has ${A}, and nothing replaces it",
		"a: $$${A}":         "f.yml:1: a: has ${A}, and nothing replaces it",
	} {
		got, err := read(text, refused)
		require.EqualError(t, err, want, text)
		require.Empty(t, got)
	}
	for _, text := range []string{"$$", "$A", "foo$", "a$|b$$", `{{ reReplaceAll "(.*)" "$$1${1}" $.x }}`, "${}", "${A"} {
		got, err := read("a: '"+text+"'", refused)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
	doc, root := Parse("f.yml", []byte("a: ${A}"))
	text, ok := root.Peek("a").Scalar()
	require.True(t, ok)
	require.Equal(t, "${A}", text, "a document without an environment is read as it is")
	require.NoError(t, doc.Err())
}

// TestEnvironment_Decode: what another package reads has its variables replaced as well, and stays what it is.
func TestEnvironment_Decode(t *testing.T) {
	decode := func(text string) (got map[string][]string, err error) {
		doc, root := Parse("f.yml", []byte(text))
		doc.Use(NewEnvironment(func(name string) (string, bool) { v, ok := vars[name]; return v, ok }))
		root.Decode(&got, "a", "b")
		return got, doc.Err()
	}
	got, err := decode("a: ['${A}', '${yaml}', &x 'y${N}']\nb: [*x, c]")
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"a": {"a", vars["yaml"], "y5"}, "b": {"y5", "c"}}, got)
	_, err = decode("a:\n- ${NONE}")
	require.ErrorContains(t, err, "f.yml:1: has ${NONE}, and NONE is not set")
	var scalar struct{ A fits }
	doc, root := Parse("f.yml", []byte("a: ${A}"))
	doc.Use(NewEnvironment(func(name string) (string, bool) { return vars[name], true }))
	root.Decode(&scalar, "a")
	require.EqualError(t, doc.Err(), "f.yml:1: cannot be read with what its variables are now")
	_, err = decode("a: &a\n- *a\n- [*a, *a]")
	require.EqualError(t, err, "f.yml:1: is too large, or holds itself")
	_, err = decode("a: ${LONG}")
	require.ErrorContains(t, err, "f.yml:1: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `${LONG}` into []string")
}

// fits is a text that is a variable.
type fits string

func (f *fits) UnmarshalYAML(y *yaml.Node) error {
	if y.Value[0] != '$' {
		return errors.New("bad: " + y.Value)
	}
	return nil
}

// TestEnvironment_Said: what is said of a value has it as it is written.
func TestEnvironment_Said(t *testing.T) {
	for _, c := range []struct {
		name, text string
		say        func(n Node)
		want       string
	}{
		{"a text", "a: x${A}", func(n Node) { text, _ := n.Scalar(); n.Faultf("%q is bad", text) }, `"x${A}" is bad`},
		{"a number", "a: ${N}", func(n Node) { n.Faultf("%d is below %d, as 5", n.Int(0), 51) }, "${N} is below 51, as 5"},
		{"a duration", "a: ${LONG}s", func(n Node) { n.Duration() }, `"${LONG}s" is not a duration such as 30s, 5m or 1h30m`},
		{"an error", "a: ${A}", func(n Node) {
			text, _ := n.Scalar()
			n.Faultf("%v", fmt.Errorf("%q is a bad %w", text, errors.New("a")))
		}, `"${A}" is ${A} bad ${A}`},
		{"nothing", "a: ${EMPTY}", func(n Node) { n.Text() }, "${EMPTY} is empty"},
		{"a bool", "a: ${TRUE}x", func(n Node) { n.Bool() }, `"${TRUE}x" is neither true nor false`},
		{"a part of it", "a: http://${LONG}/x", func(n Node) { text, _ := n.Scalar(); n.Faultf("at %s", text[7:12]+text[12:]) }, "at ${LONG}/x"},
		{"what is no scalar", "a: ${LONG}", func(n Node) { _, _ = n.Scalar(); n.Items(nil) }, `is "${LONG}", want a list`},
		{"in quotes", "a: ${yaml}", func(n Node) { text, _ := n.Scalar(); n.Faultf("%q, %v", text, nil) }, `"${yaml}", <nil>`},
		{"a default", "a: ${NONE:-hunter2}", func(n Node) { text, _ := n.Scalar(); n.Faultf("%s", text) }, "${NONE:-hunter2}"},
	} {
		doc, root := Parse("f.yml", []byte(c.text+"\nb: [c]\n"))
		doc.Use(NewEnvironment(func(name string) (string, bool) { v, ok := vars[name]; return v, ok }))
		root.Fields([]Field{{Key: "a", Read: c.say}, {Key: "b", Read: func(Node) {}}})
		require.EqualError(t, doc.Err(), "f.yml:1: a: "+c.want, c.name)
	}
}

// TestEnvironment_SaidElsewhere: a value is not shown either by what is said of another one.
func TestEnvironment_SaidElsewhere(t *testing.T) {
	doc, root := Parse("f.yml", []byte("- name: ${LONG}\n- name: a\n- name: ${A}\n"))
	e := NewEnvironment(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	doc.Use(e)
	var names []string
	root.Items(func(i int, n Node) {
		names = append(names, n.Child("name").Text())
		if i == 1 {
			n.Faultf("names so far: %s", names)
			n.Warnf("names so far: %s", strings.Join(names, " "))
		}
	})
	require.EqualError(t, doc.Err(), `f.yml:2: [1] "a": names so far: [${LONG} a]`)
	require.Equal(t, `f.yml:2: warning: [1] "a": names so far: ${LONG} a`, doc.Warnings()[0].Error())
	require.Equal(t, "open /x/${LONG}: a", e.Written("open /x/"+vars["LONG"]+": a"))
	e.Forget()
	require.Equal(t, "${LONG}", e.Written(vars["LONG"]))
	require.Equal(t, "x", (*Environment)(nil).Written("x"))
	require.Equal(t, "- name: ${LONG}", "- name: "+doc.Tree().Content[0].Content[0].Content[1].Value, "the tree is as it is written")
}

// TestEnvironment_AnyText: whatever is written, what is escaped comes out as it was, and nothing is replaced twice.
func TestEnvironment_AnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("$${}{}:-Aa1_ x"))).Draw(t, "text")
		x := expansion{env: NewEnvironment(func(string) (string, bool) { return "$${A}", true })}
		require.Equal(t, text, x.expand(strings.ReplaceAll(text, "$", "$$")))
		x.expand(text)
	})
}
