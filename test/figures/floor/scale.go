package floor

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// Deployments does by client-go alone what alertscale does in the end, to those of one namespace.
type Deployments struct{ client dynamic.ResourceInterface }

// NewDeployments connects as a configuration says.
func NewDeployments(c *rest.Config, namespace string) (Deployments, error) {
	all, err := dynamic.NewForConfig(c)
	if err != nil {
		return Deployments{}, err
	}
	kind := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	return Deployments{all.Resource(kind).Namespace(namespace)}, nil
}

// Up reads the count of a Deployment and writes one more, if nothing came in between.
func (d Deployments) Up(ctx context.Context, name string) error {
	return d.UpAfter(ctx, name, func() error { return nil })
}

// UpAfter is Up with something that is done before it is written.
func (d Deployments) UpAfter(ctx context.Context, name string, before func() error) error {
	s, err := d.client.Get(ctx, name, metav1.GetOptions{}, "scale")
	if err != nil {
		return err
	}
	count, _, err := unstructured.NestedInt64(s.Object, "spec", "replicas")
	if err != nil {
		return err
	}
	if err := before(); err != nil {
		return err
	}
	patch := fmt.Appendf(nil, `{"metadata":{"resourceVersion":%q},"spec":{"replicas":%d}}`, s.GetResourceVersion(), count+1)
	_, err = d.client.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "scale")
	return err
}
