package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// hidden stands for what must not be shown.
const hidden = "<secret>"

// unreadable is shown of a text that is not YAML, in which secrets cannot be told from the rest.
const unreadable = "# This is not YAML, and is not shown: it may hold a secret.\n"

// redact returns the text of a file as it may be shown: printed again without comments, as a secret may be in one
// that was commented out, and with <secret> for each secret.
func redact(text []byte) string {
	var shown bytes.Buffer
	enc := yaml.NewEncoder(&shown)
	enc.SetIndent(2)
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return shown.String()
		case err != nil:
			return unreadable
		}
		(&redaction{seen: map[*yaml.Node]bool{}}).clean(&doc)
		if enc.Encode(&doc) != nil {
			return unreadable
		}
	}
}

// redaction is the cleaning of one document.
type redaction struct {
	seen map[*yaml.Node]bool // a node may be reached by its alias, too
}

// clean removes comments and secrets from a node and from what is under it.
func (c *redaction) clean(n *yaml.Node) {
	if c.seen[n] {
		return
	}
	c.seen[n] = true
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Kind == yaml.ScalarNode {
		n.Value = hideInText(n.Value)
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && secret(n.Content[i-1], child) {
			child = target(child)
			*child = yaml.Node{Kind: yaml.ScalarNode, Value: hidden, Anchor: child.Anchor}
		}
		c.clean(child)
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

// secret reports whether the value of a key must not be shown. Names of files, as token_file, may be.
func secret(key, value *yaml.Node) bool {
	name := strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(target(key).Value))
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
