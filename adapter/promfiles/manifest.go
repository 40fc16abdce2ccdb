package promfiles

import (
	"strings"

	"alertscale/rules/yamldoc"
)

// operatorGroup is the API group of the Prometheus operator.
const operatorGroup = "monitoring.coreos.com/"

// objects returns the objects of a document: itself, or the items of a list.
func objects(root yamldoc.Node) []yamldoc.Node {
	if KindOf(root) != Manifest || !strings.HasSuffix(peeked(root, "kind"), "List") || root.Peek("items") == nil {
		return []yamldoc.Node{root}
	}
	var all []yamldoc.Node
	root.Child("items").Items(func(_ int, item yamldoc.Node) { all = append(all, item) })
	return all
}

// isOperators reports whether an object is of a kind that the Prometheus operator has.
func isOperators(object yamldoc.Node, kind string) bool {
	return strings.HasPrefix(peeked(object, "apiVersion"), operatorGroup) && peeked(object, "kind") == kind
}

// nameOf returns the namespace and the name of an object.
func nameOf(object yamldoc.Node) (namespace, name string) {
	meta := object.Peek("metadata")
	if meta == nil {
		return "", ""
	}
	return peeked(*meta, "namespace"), peeked(*meta, "name")
}
