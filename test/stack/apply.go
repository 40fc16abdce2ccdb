package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// Apply applies manifests, one or more documents of YAML, on the server's
// side. A namespace or definition that they contain must stand before its use.
// A field that the server does not know is an error.
func (c *Client) Apply(t T, manifests string) {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fatalf(t, "apply: %v", err)
		}
		if len(object.Object) > 0 {
			c.apply(t, &object)
		}
	}
}

func (c *Client) apply(t T, object *unstructured.Unstructured) {
	t.Helper()
	gk := object.GroupVersionKind().GroupKind()
	o := Object{Kind: gk.Kind, Namespace: object.GetNamespace(), Name: object.GetName()}
	if gk.Group != "" {
		o.Kind += "." + gk.Group
	}
	c.do(t, o, func(ctx context.Context, api dynamic.ResourceInterface) error {
		text, err := object.MarshalJSON()
		if err != nil {
			return err
		}
		force := true
		_, err = api.Patch(ctx, o.Name, types.ApplyPatchType, text, metav1.PatchOptions{
			FieldManager: "test", Force: &force, FieldValidation: metav1.FieldValidationStrict,
		})
		return err
	})
}

// CreateNamespace makes a namespace, which is deleted when the test ends, so
// that its workloads cost nothing to the tests that follow. One of that name
// which is being deleted is waited for.
func (c *Client) CreateNamespace(t T, name string) {
	t.Helper()
	Eventually(t, startTimeout, func() error {
		if old, err := c.Read(t.Context(), Object{Kind: "Namespace", Name: name}); err == nil && old.GetDeletionTimestamp() != nil {
			return fmt.Errorf("namespace %s is still being deleted", name)
		}
		return nil
	})
	c.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+name+"}}")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		// Where the server is gone by now, so is the namespace.
		if api, err := c.resource(Object{Kind: "Namespace"}); err == nil {
			_ = api.Delete(ctx, name, metav1.DeleteOptions{})
		}
	})
}

// WaitKind waits until the API has a kind, after its definition was applied.
func (c *Client) WaitKind(t T, kind string, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		_, err := c.resource(Object{Kind: kind})
		return err
	})
}

// Deployment returns the manifest of a Deployment whose pods kwok makes ready.
func Deployment(namespace, name string, replicas int) string {
	return workload("Deployment", "", namespace, name, replicas)
}

// StatefulSet returns the manifest of a StatefulSet whose pods kwok makes ready.
func StatefulSet(namespace, name string, replicas int) string {
	return workload("StatefulSet", "  serviceName: "+name+"\n", namespace, name, replicas)
}

func workload(kind, extra, namespace, name string, replicas int) string {
	return fmt.Sprintf(`---
apiVersion: apps/v1
kind: %s
metadata: {namespace: %q, name: %q}
spec:
%s  replicas: %d
  selector: {matchLabels: {app: %[3]q}}
  template:
    metadata: {labels: {app: %[3]q}}
    spec:
      nodeName: %[6]s
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: none.invalid/none}]
---
`, kind, namespace, name, extra, replicas, Node)
}
