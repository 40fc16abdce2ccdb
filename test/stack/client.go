package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// requestTimeout is how long one request of a test may take.
const requestTimeout = 15 * time.Second

// An Object is the name of an object in the API. Its kind may be written as
// Kind or Kind.group.
type Object struct{ Kind, Namespace, Name string }

// String returns the object as kind/namespace/name.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "/" + o.Namespace + "/" + o.Name
}

// A Client is what a test does with a Kubernetes API.
type Client struct {
	Dynamic dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// NewClient returns a client with the server and the account of a kubeconfig.
func NewClient(t T, kubeconfig string) *Client {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	must(t, err)
	config.QPS, config.Burst = -1, 0
	config.UserAgent = "alertscale-test"
	d, err := dynamic.NewForConfig(config)
	must(t, err)
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	must(t, err)
	return &Client{Dynamic: d, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))}
}

// resource returns the API of an object's kind.
func (c *Client) resource(o Object) (dynamic.ResourceInterface, error) {
	kind, group, _ := strings.Cut(o.Kind, ".")
	mapping, err := c.mapping(schema.GroupKind{Group: group, Kind: kind})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	api := c.Dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return api, nil
	}
	return api.Namespace(o.Namespace), nil
}

// mapping looks a kind up. A kind without a group is looked for in those of
// the built-in workloads.
func (c *Client) mapping(gk schema.GroupKind) (*meta.RESTMapping, error) {
	var first error
	for range 2 {
		for _, group := range []string{gk.Group, "apps", "autoscaling", "batch", "rbac.authorization.k8s.io"} {
			mapping, err := c.mapper.RESTMapping(schema.GroupKind{Group: group, Kind: gk.Kind})
			if err == nil {
				return mapping, nil
			}
			if first == nil {
				first = err
			}
			if gk.Group != "" {
				break
			}
		}
		c.mapper.Reset() // A definition may have come since it was filled.
	}
	return nil, first
}

// do calls f with the API of the object and a time limit, and ends the test
// where that fails.
func (c *Client) do(t T, o Object, f func(context.Context, dynamic.ResourceInterface) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
	defer cancel()
	api, err := c.resource(o)
	must(t, err)
	if err := f(ctx, api); err != nil {
		fatalf(t, "%s: %v", o, err)
	}
}

// Read returns the object, or one of its subresources, or the error.
func (c *Client) Read(ctx context.Context, o Object, subresources ...string) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	api, err := c.resource(o)
	if err != nil {
		return nil, err
	}
	got, err := api.Get(ctx, o.Name, metav1.GetOptions{}, subresources...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	return got, nil
}

// Get is Read, and ends the test on an error.
func (c *Client) Get(t T, o Object, subresources ...string) *unstructured.Unstructured {
	t.Helper()
	got, err := c.Read(t.Context(), o, subresources...)
	must(t, err)
	return got
}

// Delete deletes the object, without waiting until it is gone.
func (c *Client) Delete(t T, o Object) {
	t.Helper()
	c.do(t, o, func(ctx context.Context, api dynamic.ResourceInterface) error {
		return api.Delete(ctx, o.Name, metav1.DeleteOptions{})
	})
}

// Patch merges a patch into the object, or into one of its subresources.
func (c *Client) Patch(t T, o Object, patch any, subresources ...string) {
	t.Helper()
	text, err := json.Marshal(patch)
	must(t, err)
	c.do(t, o, func(ctx context.Context, api dynamic.ResourceInterface) error {
		_, err := api.Patch(ctx, o.Name, types.MergePatchType, text, metav1.PatchOptions{}, subresources...)
		return err
	})
}

// Scale returns spec.replicas of the object's scale.
func (c *Client) Scale(t T, o Object) int {
	t.Helper()
	return number(c.Get(t, o, "scale"), "spec", "replicas")
}

// SetScale sets spec.replicas of the object's scale.
func (c *Client) SetScale(t T, o Object, replicas int) {
	t.Helper()
	c.Patch(t, o, map[string]any{"spec": map[string]any{"replicas": replicas}}, "scale")
}

// WaitReady waits until the object's scale is replicas, and as many of its
// pods, and no others, are there and ready.
func (c *Client) WaitReady(t T, o Object, replicas int, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		got, err := c.Read(t.Context(), o)
		if err != nil {
			return err
		}
		for _, path := range [][]string{{"spec", "replicas"}, {"status", "replicas"}, {"status", "readyReplicas"}} {
			if n := number(got, path...); n != replicas {
				return fmt.Errorf("%s: %s is %d, want %d", o, strings.Join(path, "."), n, replicas)
			}
		}
		return nil
	})
}

// number returns an integer field, 0 where it is absent.
func number(o *unstructured.Unstructured, path ...string) int {
	n, _, _ := unstructured.NestedInt64(o.Object, path...)
	return int(n)
}

// nodeIsReady reports whether a node's condition Ready is true.
func nodeIsReady(node *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(node.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Ready" && c["status"] == "True" {
			return true
		}
	}
	return false
}
