package kubernetes

import (
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// claim is what is kept of an autoscaler: what it scales, and between which counts.
type claim struct {
	metav1.ObjectMeta // name, namespace and version, by which the informer knows it

	kind     string
	maker    string // the ScaledObject that a HorizontalPodAutoscaler was made for; empty: none
	scaled   string // the key of what it scales; empty: nothing
	min, max string
}

// asClaim takes of an autoscaler what a claim has. What is one already stays as it is.
func asClaim(in any) (any, error) {
	o, ok := in.(*unstructured.Unstructured)
	if !ok {
		return in, nil
	}
	c := &claim{kind: o.GetKind(), ObjectMeta: metav1.ObjectMeta{Namespace: o.GetNamespace(), Name: o.GetName(), ResourceVersion: o.GetResourceVersion()}}
	version, kind := "", ""
	if c.kind == kindScaledObject {
		version, kind = "apps/v1", "Deployment" // where it says none
		c.min, c.max = number(o, "minReplicaCount", 0), number(o, "maxReplicaCount", 100)
	} else {
		c.min, c.max = number(o, "minReplicas", 1), number(o, "maxReplicas", 1)
		c.maker = makerOf(o)
	}
	ref := func(field, otherwise string) string {
		if text, ok, _ := unstructured.NestedString(o.Object, "spec", "scaleTargetRef", field); ok && text != "" {
			return text
		}
		return otherwise
	}
	gv, err := schema.ParseGroupVersion(ref("apiVersion", version))
	if name := ref("name", ""); err == nil && name != "" {
		c.scaled = scaledKey(gv.Group, ref("kind", kind), c.Namespace, name)
	}
	return c, nil
}

// number is a count of an autoscaler as a text, that which it has where it says none.
func number(o *unstructured.Unstructured, field string, otherwise int64) string {
	n, ok, err := unstructured.NestedInt64(o.Object, "spec", field)
	if !ok || err != nil {
		n = otherwise
	}
	return strconv.FormatInt(n, 10)
}

func makerOf(o *unstructured.Unstructured) string {
	for _, owner := range o.GetOwnerReferences() {
		if gv, err := schema.ParseGroupVersion(owner.APIVersion); err == nil && gv.Group == "keda.sh" && owner.Kind == kindScaledObject {
			return owner.Name
		}
	}
	return ""
}

// text says whose the count is, and what to do.
func (c *claim) text() string {
	kind, name, by, floor := c.kind, c.Name, "", "/spec/minReplicas"
	if c.maker != "" {
		kind, name, by = kindScaledObject, c.maker, " by HorizontalPodAutoscaler "+c.Name
	}
	if kind == kindScaledObject {
		floor = "/spec/minReplicaCount"
	}
	return fmt.Sprintf("owned: %s %s keeps the count between %s and %s%s; scale its floor instead (kind: %s, name: %s, path: %s), or say when_owned: override",
		kind, name, c.min, c.max, by, kind, name, floor)
}

// byScaled is the name of the index of claims by what they scale.
const byScaled = "scaled"

func scaledBy(in any) ([]string, error) {
	if c, ok := in.(*claim); ok && c.scaled != "" {
		return []string{c.scaled}, nil
	}
	return nil, nil
}

// scaledKey names an object whatever the version of its API.
func scaledKey(group, kind, namespace, name string) string {
	return group + "/" + kind + "/" + namespace + "/" + name
}
