package config

import (
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
	(&redaction{seen: map[*yaml.Node]bool{}}).clean(doc)
	var shown strings.Builder
	enc := yaml.NewEncoder(&shown)
	enc.SetIndent(2)
	if enc.Encode(doc) != nil || enc.Close() != nil {
		return unprintable
	}
	return shown.String()
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
