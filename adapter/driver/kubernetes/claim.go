package kubernetes

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// claim is what is kept of an autoscaler: what it scales, and between which counts.
type claim struct {
	metav1.ObjectMeta // name, namespace and version, by which the informer knows it

	kind     string
	maker    string // the ScaledObject that a HorizontalPodAutoscaler was made for; empty: none
	scaled   string // the key of what it scales; empty: nothing
	min, max int
}

// GetObjectKind implements runtime.Object.
func (c *claim) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object.
func (c *claim) DeepCopyObject() runtime.Object {
	next := *c
	c.DeepCopyInto(&next.ObjectMeta)
	return &next
}

// claims is a list of them.
type claims struct {
	metav1.ListMeta
	Items []claim
}

// GetObjectKind implements runtime.Object.
func (c *claims) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object.
func (c *claims) DeepCopyObject() runtime.Object {
	return &claims{*c.ListMeta.DeepCopy(), slices.Clone(c.Items)}
}

// autoscaler is what is read of one.
type autoscaler struct {
	Metadata struct {
		Namespace       string                  `json:"namespace"`
		Name            string                  `json:"name"`
		ResourceVersion string                  `json:"resourceVersion"`
		Annotations     map[string]string       `json:"annotations"`
		OwnerReferences []metav1.OwnerReference `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		ScaleTargetRef struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicas     *int `json:"minReplicas"` // of an HPA
		MaxReplicas     *int `json:"maxReplicas"`
		MinReplicaCount *int `json:"minReplicaCount"` // of a ScaledObject
		MaxReplicaCount *int `json:"maxReplicaCount"`
	} `json:"spec"`
}

// claim takes of an autoscaler what is kept of it, with what its kind takes for what is left out.
func (a *autoscaler) claim(kind string) claim {
	m, to := &a.Metadata, a.Spec.ScaleTargetRef
	c := claim{kind: kind, ObjectMeta: metav1.ObjectMeta{Namespace: m.Namespace, Name: m.Name, ResourceVersion: m.ResourceVersion}}
	if kind == kindScaledObject {
		to.APIVersion, to.Kind = cmp.Or(to.APIVersion, "apps/v1"), cmp.Or(to.Kind, "Deployment")
		c.min, c.max = or(a.Spec.MinReplicaCount, 0), or(a.Spec.MaxReplicaCount, 100)
	} else {
		c.min, c.max = or(a.Spec.MinReplicas, 1), or(a.Spec.MaxReplicas, 1)
		c.maker = makerOf(m.OwnerReferences)
	}
	gv, err := schema.ParseGroupVersion(to.APIVersion)
	if err == nil && to.Name != "" {
		c.scaled = scaledKey(gv.Group, to.Kind, m.Namespace, to.Name)
	}
	return c
}

func or(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

func makerOf(owners []metav1.OwnerReference) string {
	for _, owner := range owners {
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
	return fmt.Sprintf("owned: %s %s keeps the count between %d and %d%s; scale its floor instead (kind: %s, name: %s, path: %s), or say when_owned: override",
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
