package yamldoc

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// TestSyntax: what people get wrong is named as what it is, on its line.
func TestSyntax(t *testing.T) {
	const tab = "a tab is part of the indentation; YAML wants spaces"
	for text, want := range map[string]string{
		"a:\n  b: 1\n\tc: 2\n":                 "f.yml:3: " + tab,
		"a:\n\tb: 1\n":                         "f.yml:2: " + tab,
		"\ta: 1\n":                             "f.yml:1: " + tab,
		"a: 1\nb:\n  - c: 2\n \t d: 3\n":       "f.yml:4: " + tab,
		"a: |\n  text\n\t\n  more\nb: 1\n":     "f.yml:3: " + tab,
		"a: 1\nweb: {max: 2\nb:\n  - c: {}\n":  `f.yml:2: a brace "{" is opened here, and never closed; want a "}"`,
		"a: 1\nweb: {max: 2\n":                 `f.yml:2: a brace "{" is opened here, and never closed; want a "}"`,
		"- a: ['x'\n  b: 1\n- c: []\n":         `f.yml:1: a bracket "[" is opened here, and never closed; want a "]"`,
		"a: 1\nb: ['a=\"b\"\nc: 2\n":           `f.yml:2: a quote ' is opened here, and never closed`,
		"a: \"x\nb: 1\n":                       `f.yml:1: a quote " is opened here, and never closed`,
		"a: {b: 1,\n  c: [1, 2}\n":             `f.yml:2: a bracket "[" is opened here, and closed by "}" on line 2; want a "]"`,
		"a: 1\nb: ]\n":                         `f.yml:2: a bracket "]" closes nothing`,
		"a: {b: 1}}\n":                         `f.yml:1: a brace "}" closes nothing`,
		"e: sum(x{a=\"b\"}) # it's {\n- b\n":   "f.yml:1: not YAML: did not find expected key",
		"e: >\n  foo {\n  bar\n\nb: [{a: b}\n": `f.yml:5: a bracket "[" is opened here, and never closed; want a "]"`,
		"a: 'two\n  lines, it''s {'\nb: {c\n":  `f.yml:3: a brace "{" is opened here, and never closed; want a "}"`,
		"a: 1\nb: {c: ${D}, e: f}\ng: 1\n":     "f.yml:2: a ${NAME} in braces or brackets stands in quotes: '${NAME}'",
		"a:\n  - b\n  - [${D}]\n":              "f.yml:3: a ${NAME} in braces or brackets stands in quotes: '${NAME}'",
		"a: b: c\n":                            "f.yml:1: not YAML: mapping values are not allowed in this context",
	} {
		doc, _ := Parse("f.yml", []byte(text))
		require.EqualError(t, doc.Err(), want, "%q", text)
		all, roots := ParseAll("f.yml", []byte(text))
		require.EqualError(t, all.Err(), want, "%q", text)
		require.Empty(t, roots)
	}
}

// TestSyntax_Balanced: in no file of the tree that is YAML is a bracket or a quote taken for one that is not closed.
func TestSyntax_Balanced(t *testing.T) {
	read := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".yml" && ext != ".yaml" && ext != ".conf" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || yaml.Unmarshal(text, &yaml.Node{}) != nil {
			return err
		}
		read++
		require.Empty(t, scanBrackets(text).what, path)
		return nil
	}))
	require.Greater(t, read, 100)
}

// FuzzSyntax: whatever a text is, its faults have lines of it, and what is YAML has none.
func FuzzSyntax(f *testing.F) {
	f.Add([]byte("a: {b: [1, 'x', \"y\"], c: |\n  text\n"))
	f.Add([]byte("a:\n\t- {\n- ''\n---\nb: >-\n"))
	f.Add([]byte("\r\r%00000 0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, roots := ParseAll("f.yml", text)
		if doc.Err() == nil {
			for _, root := range roots {
				require.Positive(t, root.Line())
			}
			return
		}
		lines := 1
		for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} { // as YAML has them
			lines += bytes.Count(text, []byte(end))
		}
		require.Positive(t, doc.faults[0].Line)
		require.LessOrEqual(t, doc.faults[0].Line, lines+1)
	})
}

func TestParseAll(t *testing.T) {
	doc, roots := ParseAll("f.yml", []byte("a: 1\n---\n---\n# nothing\n---\nb: 2\n"))
	require.NoError(t, doc.Err())
	require.Len(t, roots, 2)
	require.True(t, roots[1].Has("b"))
	require.Equal(t, Place{"f.yml", 6}, roots[1].Place())
	require.Equal(t, "f.yml:6", roots[1].Place().String())

	doc, roots = ParseAll("f.yml", nil)
	require.EqualError(t, doc.Err(), "f.yml:1: the file is empty")
	require.Empty(t, roots)
}
