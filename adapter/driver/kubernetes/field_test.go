package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/rules/engine"
)

const hpas = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/"

func floor(name string) rules.Ref {
	return rules.Ref{Driver: "kubernetes", Kind: kindHPA, Namespace: "shop", Name: name, Path: "/spec/minReplicas"}
}

// withHPAs has the kinds of autoscalers, which have no scale subresource.
func withHPAs(f *fake) {
	f.with(func() {
		f.groups = append(f.groups,
			fakeGroup{"autoscaling", "v2", false, []fakeResource{{"horizontalpodautoscalers", kindHPA, true, false}}},
			fakeGroup{"keda.sh", "v1alpha1", false, []fakeResource{{"scaledobjects", kindScaledObject, true, false}}})
	})
}

func newHPA(f *fake, name, spec string) {
	f.create(hpas+name, fmt.Sprintf(`{"apiVersion":"autoscaling/v2","kind":%q,"spec":{%s}}`, kindHPA, spec))
}

func (f *fake) floorOf(name string) (n int) {
	f.with(func() { n = int(f.whole[hpas+name]["spec"].(object)["minReplicas"].(float64)) })
	return n
}

// TestConformanceOfFields runs what every driver does on the floor of an HPA.
func TestConformanceOfFields(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	h := harness(f, newDriver(t, f))
	var names atomic.Int64
	maker := func(prefix string) func(*testing.T, int) rules.Ref {
		return func(_ *testing.T, count int) rules.Ref {
			name := fmt.Sprint(prefix, names.Add(1))
			newHPA(f, name, fmt.Sprintf(`"minReplicas":%d`, count))
			return floor(name)
		}
	}
	h.Make, h.Forbidden, h.ReadOnly = maker("web"), maker("locked"), maker("readonly")
	h.Count = func(_ *testing.T, ref rules.Ref) int { return f.floorOf(ref.Name) }
	h.Change = func(_ *testing.T, ref rules.Ref, count int) {
		newHPA(f, ref.Name, fmt.Sprintf(`"minReplicas":%d`, count))
	}
	h.Missing = func(*testing.T) rules.Ref { return floor("nobody") }
	h.MissingKind = func(*testing.T) rules.Ref {
		return rules.Ref{Kind: "HorizontalPodAutoscalr", Namespace: "shop", Name: "web", Path: "/spec/minReplicas"}
	}
	h.Settle = func(*testing.T, rules.Ref) {}
	drivertest.Run(t, h)
}

func TestField_IsReadAndChanged(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	d := newDriver(t, f)
	newHPA(f, "web", `"minReplicas":0,"maxReplicas":10`)
	o, err := d.Observe(t.Context(), floor("web"))
	require.NoError(t, err)
	require.Equal(t, engine.Observed{Count: 0, Ready: true}, o)
	require.NoError(t, d.Scale(t.Context(), floor("web"), engine.Change{From: 0, To: 4, Version: o.Version}))
	require.Equal(t, 4, f.floorOf("web"))

	err = d.Scale(t.Context(), floor("web"), engine.Change{From: 3, To: 5, Version: o.Version})
	require.ErrorIs(t, err, controller.ErrConflict)
	require.EqualError(t, err, "changed in the meantime: HorizontalPodAutoscaler shop/web: /spec/minReplicas is not what it was when it was read")
	require.Equal(t, 4, f.floorOf("web"))

	err = d.Scale(t.Context(), floor("web"), engine.Change{From: 4, To: 400, Version: o.Version})
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.EqualError(t, err, "invalid: HorizontalPodAutoscaler shop/web: 422: spec.minReplicas: Invalid value: must be between 0 and maxReplicas")

	f.with(func() { f.deaf = true })
	err = d.Scale(t.Context(), floor("web"), engine.Change{From: 4, To: 5, Version: o.Version})
	require.EqualError(t, err, "HorizontalPodAutoscaler shop/web: the API server took the change to 5 and made it 4: an admission webhook or a policy stands in the way")
	f.with(func() {
		path := hpas + "web"
		require.Equal(t, map[string]int{"GET /api": 1, "GET /apis": 1, "GET " + path: 1, "PATCH " + path: 4}, f.counts)
	})
}

// A field that is left out has the value that its reader gives it, and is added if it is still not there.
func TestField_ThatIsLeftOut(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	d := newDriver(t, f)
	newHPA(f, "web", `"maxReplicas":10`)
	f.create("/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/queue", `{"kind":"ScaledObject","spec":{"minReplicaCount":null}}`)
	queue := rules.Ref{Kind: "ScaledObject.keda.sh", Namespace: "shop", Name: "queue"}
	for path, want := range map[string]int{"/spec/minReplicaCount": 0, "/spec/maxReplicaCount": 100} {
		queue.Path = path
		o, err := d.Observe(t.Context(), queue)
		require.NoError(t, err)
		require.Equal(t, engine.Observed{Count: want, Version: fieldAbsent, Ready: true}, o)
	}
	o, err := d.Observe(t.Context(), floor("web"))
	require.NoError(t, err)
	require.Equal(t, engine.Observed{Count: 1, Version: fieldAbsent, Ready: true}, o)
	change := engine.Change{From: 1, To: 2, Version: o.Version}
	require.NoError(t, d.Scale(t.Context(), floor("web"), change))
	require.Equal(t, 2, f.floorOf("web"))
	require.ErrorIs(t, d.Scale(t.Context(), floor("web"), change), controller.ErrConflict, "somebody has set it")
}

func TestField_ThatIsNoCount(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	d := newDriver(t, f)
	newHPA(f, "web", `"minReplicas":2.5,"text":"3","list":[{"n":7}],"negative":-1,"large":4294967296,"a/b~c":8`)
	const is = "invalid: HorizontalPodAutoscaler shop/web: "
	for path, want := range map[string]string{
		"/spec/minReplicas": is + "/spec/minReplicas is 2.5, and no whole number from 0 on: correct path",
		"/spec/text":        is + `/spec/text is "3", and no whole number from 0 on: correct path`,
		"/spec/list":        is + `/spec/list is [{"n":7}], and no whole number from 0 on: correct path`,
		"/spec/negative":    is + "/spec/negative is -1, and no whole number from 0 on: correct path",
		"/spec/large":       is + "/spec/large is 4294967296, and no whole number from 0 on: correct path",
		"/spec/list/1/n":    "invalid: HorizontalPodAutoscaler shop/web has no field /spec/list/1/n: correct path, or set the field once to the count that it begins with",
		"/spec/text/x":      "invalid: HorizontalPodAutoscaler shop/web has no field /spec/text/x: correct path, or set the field once to the count that it begins with",
		"/spec/list/0/n":    "",
		"/spec/a~1b~0c":     "",
	} {
		ref := floor("web")
		ref.Path = path
		_, err := d.Observe(t.Context(), ref)
		if want == "" {
			require.NoError(t, err, path)
			continue
		}
		require.ErrorIs(t, err, controller.ErrInvalid)
		require.EqualError(t, err, want)
	}
}

func TestField_WhatTheAPISays(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	d := newDriver(t, f)
	newHPA(f, "web", `"minReplicas":2`)
	newHPA(f, "locked", `"minReplicas":2`)
	_, err := d.Observe(t.Context(), floor("locked"))
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "; the role must grant get on horizontalpodautoscalers in the API group autoscaling")

	missing := rules.Ref{Kind: "HorizontalPodAutoscalr", Namespace: "shop", Name: "web", Path: "/spec/minReplicas"}
	_, err = d.Observe(t.Context(), missing)
	require.EqualError(t, err, `not found: the API server has no kind HorizontalPodAutoscalr, did you mean "HorizontalPodAutoscaler"?; correct the kind, or install what defines it`)

	f.with(func() {
		f.next = append(f.next, func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(strings.Repeat("x", 5)))
			return true
		})
	})
	_, err = d.Observe(t.Context(), floor("web"))
	require.EqualError(t, err, "HorizontalPodAutoscaler shop/web: the answer of "+f.server.URL+" is no HorizontalPodAutoscaler: xxxxx; is it an API server?")

	f.with(func() { f.next = append(f.next, answering(503, 2*time.Second)) })
	err = d.Scale(t.Context(), floor("web"), engine.Change{From: 2, To: 3})
	require.EqualError(t, err, "HorizontalPodAutoscaler shop/web: 503: not now (try again in 2s)")
}
