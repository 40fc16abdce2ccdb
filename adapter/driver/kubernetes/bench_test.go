package kubernetes

import (
	"context"
	"fmt"
	"testing"

	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
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
