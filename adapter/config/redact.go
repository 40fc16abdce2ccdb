package config

import (
	"gopkg.in/yaml.v3"
)

// secretKeys are the keys whose values are never shown.
func secretKeys() map[string]bool {
	secrets := map[string]bool{}
	for _, t := range driverTypes() {
		for _, key := range t.Secrets {
			secrets[key] = true
		}
	}
	return secrets
}

// redact returns the text of a file with <secret> in place of what must not be shown; as it is where there is
// nothing of that kind.
func redact(text []byte) string {
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || !hide(&doc, secretKeys()) {
		return string(text)
	}
	shown, err := yaml.Marshal(&doc)
	if err != nil {
		return "# it holds a secret and cannot be shown without\n"
	}
	return string(shown)
}

// hide overwrites the secrets under a node and reports whether there are any.
func hide(n *yaml.Node, secrets map[string]bool) bool {
	found := false
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && secrets[n.Content[i-1].Value] {
			for child.Kind == yaml.AliasNode {
				child = child.Alias
			}
			*child = yaml.Node{Kind: yaml.ScalarNode, Value: "<secret>", Anchor: child.Anchor}
			found = true
			continue
		}
		found = hide(child, secrets) || found
	}
	return found
}
