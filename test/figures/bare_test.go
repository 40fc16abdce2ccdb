package figures

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// limit is the rate limit of both sides: more than either can reach.
const limit = 100_000

// bare does by client-go alone what alertscale does in the end.
type bare struct{ scales dynamic.ResourceInterface }

func (b *bench) bare(t *testing.T) bare {
	t.Helper()
	all, err := dynamic.NewForConfig(&rest.Config{
		Host: b.api.URL, BearerToken: b.token, TLSClientConfig: rest.TLSClientConfig{CAData: b.api.CA}, QPS: limit, Burst: limit,
	})
	require.NoError(t, err)
	return bare{all.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).Namespace(namespace)}
}

// up reads a count and writes one more, if nothing came in between.
func (b bare) up(ctx context.Context, name string) error {
	return b.upAfter(ctx, name, func() error { return nil })
}

// upAfter is up with something that is done before it is written.
func (b bare) upAfter(ctx context.Context, name string, before func() error) error {
	s, err := b.scales.Get(ctx, name, metav1.GetOptions{}, "scale")
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
	_, err = b.scales.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "scale")
	return err
}
