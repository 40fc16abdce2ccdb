package config

import (
	"bytes"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// hidden stands for what must not be shown.
const hidden = "<secret>"

// unprintable is shown of a file that cannot be printed.
const unprintable = "# This file is not shown: it cannot be printed without what may be secret.\n"

// redact returns a document as it may be shown: printed again without comments, as a secret may be in one that was
// commented out, and with <secret> for each secret. It changes the document.
func redact(doc *yaml.Node) string {
	clean(doc)
	return printed(doc, 10)
}

func printed(doc *yaml.Node, most int) string {
	p := printer{most: most}
	if p.document(doc) != nil {
		return unprintable
	}
	return p.shown.String()
}

// printer prints a document in parts. An encoder keeps all of what it encodes as events, which take a hundred times as
// much memory as the text.
type printer struct {
	shown strings.Builder
	part  bytes.Buffer
	most  int // how many items of a list, or pairs of a mapping, are one part
}

// document prints each key of the document by itself, and what a key leads to in parts where that is long.
func (p *printer) document(doc *yaml.Node) error {
	root := doc
	if doc.Kind == yaml.DocumentNode {
		root = doc.Content[0]
	}
	if !divisible(root) || root.Kind != yaml.MappingNode {
		enc := yaml.NewEncoder(&p.shown)
		enc.SetIndent(2)
		return enc.Encode(doc)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := p.pair(root.Content[i], root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// divisible reports whether a list or mapping is printed as its parts are, one after the other.
func divisible(n *yaml.Node) bool {
	return len(n.Content) > 0 && n.Style == 0 && n.Anchor == "" && (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode)
}

func (p *printer) pair(key, value *yaml.Node) error {
	step := p.most * 2 // even, as the content of a mapping has keys and values
	if !onOneLine(key) || !divisible(value) || len(value.Content) <= step {
		return p.encode(key, value, false)
	}
	for start := 0; start < len(value.Content); start += step {
		part := *value
		part.Content = value.Content[start:min(start+step, len(value.Content))]
		if err := p.encode(key, &part, start > 0); err != nil {
			return err
		}
	}
	return nil
}

// onOneLine reports whether a key stands alone on the line before a list or mapping.
func onOneLine(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Style == 0 && key.Anchor == "" && len(key.Value) < 64 && !strings.Contains(key.Value, "\n")
}

// encode prints a pair of the document. Where it goes on with what was printed before, the line of the key is left out.
func (p *printer) encode(key, value *yaml.Node, goesOn bool) error {
	p.part.Reset()
	enc := yaml.NewEncoder(&p.part)
	enc.SetIndent(2)
	if err := enc.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, value}}); err != nil {
		return err
	}
	text := p.part.Bytes()
	if goesOn {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	p.shown.Write(text)
	return nil
}

// clean removes comments and secrets from a node and from what is under it.
func clean(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Kind == yaml.ScalarNode {
		n.Value = hideInText(n.Value)
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && secret(n.Content[i-1], child) {
			child = target(child)
			*child = yaml.Node{Kind: yaml.ScalarNode, Value: hidden, Anchor: child.Anchor}
		}
		clean(child)
	}
}

// target is what a node stands for: the node of its anchor where it is an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// secretEndings are how the names of keys end whose values are secret, without what separates words.
var secretEndings = []string{"secret", "secretkey", "token", "password", "passwd", "passphrase", "credentials", "privatekey", "apikey"}

// separators separate words in the names of keys.
var separators = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

// secret reports whether the value of a key must not be shown. Names of files, as token_file, may be.
func secret(key, value *yaml.Node) bool {
	name := separators.Replace(strings.ToLower(target(key).Value))
	for _, ending := range secretEndings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	// Elsewhere authorization is a map, in which the credentials are.
	return strings.HasSuffix(name, "authorization") && target(value).Kind == yaml.ScalarNode
}

var (
	// userInfo is what comes before the host in a url. In the second form it has a slash, which should have been
	// escaped: what comes after a colon is no port.
	userInfo = regexp.MustCompile(`(://)(?:[^\s/?#]*@|[^\s/?#@:]*:[^\s/?#@]*[^\s/?#@\d][^\s@]*@|[^\s/?#@:]*:[/?#][^\s@]*@)`)
	// parameter is a secret in the query of a url.
	parameter = regexp.MustCompile(`(?i)([?&;][a-z_-]*(?:key|token|password|secret)=)[^&;#\s"']+`)
)

// hideInText hides the secrets in the urls of a text.
func hideInText(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return parameter.ReplaceAllString(userInfo.ReplaceAllString(s, "${1}"+hidden+"@"), "${1}"+hidden)
}
