package config

import (
	"strings"
	"testing"

	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestRedact(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing to hide", "a: b # as it was\n", "a: b\n"},
		{"keys", "token: t\nsecret_key: s\nbearer_token: b\nPassword: p\nclient-secret: c\n",
			"token: <secret>\nsecret_key: <secret>\nbearer_token: <secret>\nPassword: <secret>\nclient-secret: <secret>\n"},
		{"names of files", "token_file: t\nsecret_key_file: s\ncredentials_file: c\npassword_file: p\n",
			"token_file: t\nsecret_key_file: s\ncredentials_file: c\npassword_file: p\n"},
		{"authorization", "authorization: {type: Bearer, credentials: c}\nheaders: {Authorization: Bearer c}\n",
			"authorization: {type: Bearer, credentials: <secret>}\nheaders: {Authorization: <secret>}\n"},
		{"a commented-out secret", "# token: hunter2\na: # token: hunter2\n  - b # hunter2\n  # hunter2\n# hunter2\n", "a:\n  - b\n"},
		{"in flow style", "a: [b, # hunter2\n  {c: d, # hunter2\n   token: hunter2}]\n", "a: [b, {c: d, token: <secret>}]\n"},
		{"literal", "a:\n  token: |\n    hunter2\n    hunter2\n  b: c\n", "a:\n  token: <secret>\n  b: c\n"},
		{"folded", "token: >-\n  hunter2\n\n  hunter2\nb: c\n", "token: <secret>\nb: c\n"},
		{"quoted over lines", "token: \"hunter2\n  hunter2\"\n", "token: <secret>\n"},
		{"binary", "token: !!binary aHVudGVyMg==\n", "token: <secret>\n"},
		{"an anchor", "a: &k hunter2\ntoken: *k\n", "a: &k <secret>\ntoken: *k\n"},
		{"an alias", "token: &k hunter2\na: *k\n", "token: &k <secret>\na: *k\n"},
		{"a key by its alias", "a: &k token\nb: {*k : hunter2}\n", "a: &k token\nb: {*k: <secret>}\n"},
		{"a map", "token: {a: hunter2}\nb: [{password: [hunter2]}]\n", "token: <secret>\nb: [{password: <secret>}]\n"},
		{"merged", "a: &m {token: hunter2}\nb:\n  !!merge <<: *m\n  c: d\n", "a: &m {token: <secret>}\nb:\n  !!merge <<: *m\n  c: d\n"},
		{"a cycle", "a: &a [*a, {token: hunter2}]\n", "a: &a [*a, {token: <secret>}]\n"},
		{"a url", "url: http://user:hunter2@host:80/a@b\n", "url: http://<secret>@host:80/a@b\n"},
		{"more urls", "a: [etcd://u:p%40@h1, h2, 'x http://a@h y https://u:p@i@h']\n", "a: ['etcd://<secret>@h1', h2, 'x http://<secret>@h y https://<secret>@h']\n"},
		{"a url with a slash in its password", "url: http://user:hun/ter2@host/x\n", "url: http://<secret>@host/x\n"},
		{"a url with a password that begins with a slash", "url: http://user:/hunter2@host/x\n", "url: http://<secret>@host/x\n"},
		{"urls without", "a: [http://host:80/x@y, 'http://host/?q=a@b', 'http://[::1]:80/', user@host]\n",
			"a: ['http://host:80/x@y', 'http://host/?q=a@b', 'http://[::1]:80/', user@host]\n"},
		{"a query", "url: http://h/hook/x?a=b&key=hunter2&c=d#e\n", "url: http://h/hook/x?a=b&key=<secret>&c=d#e\n"},
		{"a url as a key", "http://u:hunter2@h: a\n", "http://<secret>@h: a\n"},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, redact(parsed(t, test.text))) })
	}
}

// parsed is a text that is YAML.
func parsed(t require.TestingT, text string) *yaml.Node {
	doc, _ := yamldoc.Parse("test.yml", []byte(text))
	require.NoError(t, doc.Err(), text)
	return doc.Tree()
}

// TestRedactedFilesSayTheSame puts secrets and comments into files and checks that what is shown holds none of
// them, and says the same otherwise.
func TestRedactedFilesSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawYAML(t, 0)
		shown := redact(parsed(t, text))
		require.NotContains(t, shown, "hunter2", text)
		require.NotContains(t, shown, "#", text)
		var want, got any
		require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(text, "hunter2", hidden)), &want), text)
		require.NoError(t, yaml.Unmarshal([]byte(shown), &got), shown)
		require.Equal(t, want, got)
		require.Equal(t, shown, printed(parsed(t, shown), 1), "printed in small parts")
	})
}

func TestRedact_InPartsAsInOne(t *testing.T) {
	for _, text := range []string{
		"rules:\n  - a: b\n  - [c]\n  - |\n    d\n  - - e\n    - f\n  - &g h\n  - *g\n",
		"targets:\n  a: b\n  c: {d: e}\n  f: &x\n    g: h\n  i:\n    !!merge <<: *x\n",
		"'quoted key':\n  - a\n  - b\n  - c\na b:\n  - c\n  - d\n  - e\n1:\n  - f\n  - g\n  - h\n",
		"a: &b\n  - c\n  - d\n  - e\nf: *b\n",
		"a: |+\n  b\n\nc:\n  - |+\n    d\n\n  - e\n  - f\n",
		"? " + strings.Repeat("k", 200) + "\n: - a\n  - b\n  - c\n",
		"- a\n- b\n- c\n",
		"{a: [b, c, d]}\n",
		"null\n",
	} {
		for _, most := range []int{1, 2, 1000} {
			require.Equal(t, text, printed(parsed(t, text), most))
		}
	}
}

// drawYAML draws a map in block style, of lines that are indented to a depth.
func drawYAML(t *rapid.T, depth int) string {
	indent := strings.Repeat("  ", depth)
	comment := rapid.SampledFrom([]string{"", "", " # token: hunter2", " # hunter2\n" + indent + "# hunter2\n\n" + indent + "# hunter2"})
	var b strings.Builder
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "token", "x_password", "url"}), 1, 5, rapid.ID).Draw(t, "keys") {
		b.WriteString(indent + key + ":")
		switch {
		case key == "token":
			b.WriteString(" hunter2" + comment.Draw(t, "comment") + "\n")
		case key == "x_password":
			b.WriteString(" \"hunter2\"" + comment.Draw(t, "comment") + "\n")
		case key == "url":
			b.WriteString(" http://hunter2@host/" + comment.Draw(t, "comment") + "\n")
		case depth < 3 && rapid.Bool().Draw(t, "deeper"):
			b.WriteString(comment.Draw(t, "comment") + "\n" + drawYAML(t, depth+1))
		default:
			b.WriteString(" [1, {c: d}]" + comment.Draw(t, "comment") + "\n")
		}
	}
	return b.String()
}

func FuzzRedact(f *testing.F) {
	f.Add("a: {token: b} # c\n---\n- &x [*x]\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if doc, _ := yamldoc.Parse("fuzz.yml", []byte(text)); doc.Tree() != nil {
			redact(doc.Tree())
		}
	})
}
