package kubernetes

import (
	"context"
	"fmt"
	"testing"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// BenchmarkChange is a read and a guarded write of one count, by the driver and by a bare client
// on the same API server.
func BenchmarkChange(b *testing.B) {
	for _, side := range []struct {
		name string
		make func(*testing.B, *fake) func(context.Context) error
	}{{"driver", changeByDriver}, {"dynamic", changeByDynamic}} {
		b.Run(side.name, func(b *testing.B) {
			f := newFake(b, true)
			f.put(deploymentPath("web"), 3)
			change := side.make(b, f)
			require.NoError(b, change(b.Context()))
			b.ReportAllocs()
			for b.Loop() {
				if err := change(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// other is the count to change to: never the one that there is.
func other(count int) int { return 7 - count }

func changeByDriver(b *testing.B, f *fake) func(context.Context) error {
	d := newDriver(b, f)
	return func(ctx context.Context) error {
		o, err := d.Observe(ctx, deployment("web"))
		if err != nil {
			return err
		}
		return d.Scale(ctx, deployment("web"), engine.Change{From: o.Count, To: other(o.Count), Version: o.Version})
	}
}

func changeByDynamic(b *testing.B, f *fake) func(context.Context) error {
	found, err := credentials(Config{Kubeconfig: f.kubeconfig(b)}, rest.InClusterConfig)
	require.NoError(b, err)
	found.QPS, found.Burst = 1e6, 1e6
	all, err := dynamic.NewForConfig(found)
	require.NoError(b, err)
	in := all.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).Namespace("shop")
	return func(ctx context.Context) error {
		s, err := in.Get(ctx, "web", metav1.GetOptions{}, "scale")
		if err != nil {
			return err
		}
		count, _, err := unstructured.NestedInt64(s.Object, "spec", "replicas")
		if err != nil {
			return err
		}
		patch := fmt.Appendf(nil, `{"metadata":{"resourceVersion":%q},"spec":{"replicas":%d}}`, s.GetResourceVersion(), other(int(count)))
		_, err = in.Patch(ctx, "web", types.MergePatchType, patch, metav1.PatchOptions{}, "scale")
		return err
	}
}

// BenchmarkOwner is the look for the owner of a Deployment among ten thousand autoscalers, and a bare look into a map.
func BenchmarkOwner(b *testing.B) {
	const many = 10_000
	index := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{byScaled: scaledBy})
	bare := map[rules.Ref]*claim{}
	for i := range many {
		ref := deployment(fmt.Sprint("web-", i))
		c := &claim{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: ref.Name}, scaled: scaledKey("apps", "Deployment", "shop", ref.Name)}
		require.NoError(b, index.Add(c))
		bare[ref] = c
	}
	ref := deployment("web-7")
	b.Run("index", func(b *testing.B) {
		w := newWatched(nil, kindHPA, schema.GroupVersionResource{}, 0)
		w.index.Store(&index)
		about := call{ref: ref, kind: refKind("Deployment"), resource: resource{group: "apps"}}
		for b.Loop() {
			require.NotNil(b, w.find(about))
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			require.NotNil(b, bare[ref])
		}
	})
}
