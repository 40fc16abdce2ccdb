package kubernetes

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// world is a fake, a driver and a clock that the test moves.
type world struct {
	*testing.T
	fake   *fake
	driver *Driver
	now    time.Time
}

func newWorld(t *testing.T, kinds ...string) *world {
	w := &world{T: t, fake: newFake(t, true), now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	w.driver = newDriverAt(t, w.fake, func() time.Time { return w.now }, kinds...)
	w.fake.put(deploymentPath("web"), 3)
	return w
}

func (w *world) observe(kind string) error {
	_, err := w.driver.Observe(w.Context(), rules.Ref{Kind: kind, Namespace: "shop", Name: "web"})
	return err
}

// readings is how often all kinds were read.
func (w *world) readings() int { return w.fake.count("GET /apis") - w.fake.count("GET /apis/") }

func (w *world) add(g fakeGroup) { w.fake.with(func() { w.fake.groups = append(w.fake.groups, g) }) }

// busy expects a transient error that says when to come back.
func (w *world) busy(err error, after time.Duration, want string) {
	w.Helper()
	var b *controller.ThrottledError
	require.ErrorAs(w, err, &b)
	require.Equal(w, after, b.After)
	require.EqualError(w, b.Err, want)
	for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
		require.NotErrorIs(w, err, sentinel)
	}
}

func widgets(group string) fakeGroup {
	return fakeGroup{group, "v1", false, []fakeResource{{"widgets", "Widget", true, true}}}
}

func TestKinds(t *testing.T) {
	for _, older := range []bool{false, true} {
		w := newWorld(t, "apps/v1/Deployment", "v1/ReplicationController", "example.com/v2/Fleet")
		w.fake.with(func() { w.fake.older = older })
		w.add(widgets("a.b"))
		w.add(widgets("c.d"))
		w.fake.put("/api/v1/namespaces/shop/replicationcontrollers/web", 1)
		w.fake.put("/apis/c.d/v1/namespaces/shop/widgets/web", 1)
		for kind, want := range map[string]string{
			"Deployment":            "",
			"Deployment.apps":       "",
			"ReplicationController": "",
			"Widget.c.d":            "",
			"Widget":                "invalid: kind Widget is ambiguous: a.b/v1, c.d/v1; write group/version/Kind",
			"ConfigMap":             "invalid: kind ConfigMap has no scale subresource, so its count cannot be set; name what owns it and can be scaled",
			"Deploymnt":             `not found: the API server has no kind Deploymnt, did you mean "Deployment"?; correct the kind, or install what defines it`,
			"Deployment.extensions": "not found: the API server has no kind Deployment.extensions; it has Deployment in apps/v1",
			"Fleet.example.com":     "not found: the API server has no kind example.com/v2/Fleet; it has Fleet in example.com/v1",
		} {
			if err := w.observe(kind); want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, want)
			}
		}
	}
}

// A kind that is new since the kinds were read is found; one that is not there is asked for once a
// minute.
func TestUnknownKind(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.observe("Deployment"))
	require.Equal(t, 1, w.readings())

	for range 3 {
		require.ErrorIs(t, w.observe("Widget"), controller.ErrNotFound)
		require.Equal(t, 2, w.readings())
	}
	w.add(widgets("a.b"))
	w.fake.put("/apis/a.b/v1/namespaces/shop/widgets/web", 1)
	require.ErrorIs(t, w.observe("Widget"), controller.ErrNotFound)
	w.now = w.now.Add(again)
	require.NoError(t, w.observe("Widget"))
	require.NoError(t, w.observe("Widget"))
	require.NoError(t, w.observe("Deployment"))
	require.Equal(t, 3, w.readings())
}

// A template that makes up kinds does not hammer the API server.
func TestManyUnknownKinds(t *testing.T) {
	w := newWorld(t)
	name := func(i int) string { return "K" + string(rune('a'+i)) }
	for i := range maxUnknown {
		require.ErrorIs(t, w.observe(name(i)), controller.ErrNotFound)
	}
	w.busy(w.observe("One.more"), again, "discovery of kind One.more: 20 kinds were unknown within 1m0s, no more are looked up for now")
	require.Equal(t, maxUnknown, w.readings())
	w.now = w.now.Add(again)
	require.ErrorIs(t, w.observe("One.more"), controller.ErrNotFound)
}

// An aggregated API that is down hinders no kind of another group, and makes none of its own not
// found.
func TestPartialDiscovery(t *testing.T) {
	for _, older := range []bool{false, true} {
		w := newWorld(t)
		w.fake.with(func() { w.fake.older = older })
		down := widgets("a.b")
		down.stale = true
		w.add(down)
		w.fake.put("/apis/a.b/v1/namespaces/shop/widgets/web", 1)
		require.NoError(t, w.observe("Deployment"))
		const why = "not found: the API server has no kind Widget; correct the kind, or install what defines it" +
			" (not final: these API groups do not answer the API server: a.b/v1)"
		w.busy(w.observe("Widget"), again, why)
		w.now = w.now.Add(40 * time.Second)
		w.busy(w.observe("Widget"), 20*time.Second, why)
		require.ErrorIs(t, w.observe("Deploymnt.apps"), controller.ErrNotFound, "its group did answer")
		require.NoError(t, w.observe("Deployment"))

		w.now = w.now.Add(again)
		w.fake.with(func() { w.fake.groups[len(w.fake.groups)-1].stale = false })
		require.NoError(t, w.observe("Widget"))
		require.NoError(t, w.observe("Deployment"))
	}
}

// What was known of a group stays known when another reading finds it down.
func TestGroupGoesDownLater(t *testing.T) {
	w := newWorld(t)
	w.add(widgets("a.b"))
	w.fake.put("/apis/a.b/v1/namespaces/shop/widgets/web", 1)
	require.NoError(t, w.observe("Widget"))
	w.fake.with(func() { w.fake.groups[len(w.fake.groups)-1].stale = true })
	w.busy(w.observe("Other"), again, "not found: the API server has no kind Other; correct the kind, or install what defines it"+
		" (not final: these API groups do not answer the API server: a.b/v1)")
	require.Equal(t, 2, w.readings())
	require.NoError(t, w.observe("Widget"))
	require.Equal(t, 2, w.readings())
}

// An API server that answers and refuses is asked again after a minute.
func TestRefusedDiscovery(t *testing.T) {
	w := newWorld(t)
	w.fake.with(func() { w.fake.index = answering(503, time.Second) })
	const why = "discovery of kind Deployment: /api answered 503: not now"
	w.busy(w.observe("Deployment"), again, why)
	w.now = w.now.Add(59 * time.Second)
	w.fake.with(func() { w.fake.index = nil })
	w.busy(w.observe("Deployment"), time.Second, why)
	require.Equal(t, 1, w.fake.count("GET /api"))
	w.now = w.now.Add(time.Second)
	require.NoError(t, w.observe("Deployment"))
}

// An API server that does not answer is asked again as soon as somebody comes.
func TestUnansweredDiscovery(t *testing.T) {
	w := newWorld(t)
	w.fake.with(func() { w.fake.down = true })
	for range 3 {
		require.ErrorContains(t, w.observe("Deployment"), "discovery of kind Deployment: no answer from "+w.fake.server.URL)
	}
	w.fake.with(func() { w.fake.down = false })
	require.NoError(t, w.observe("Deployment"))
}

// A kind whose API is gone is looked up again, and found where it went.
func TestKindMoves(t *testing.T) {
	w := newWorld(t)
	w.add(widgets("a.b"))
	w.fake.put("/apis/a.b/v1/namespaces/shop/widgets/web", 1)
	w.fake.put("/apis/a.b/v2/namespaces/shop/widgets/web", 1)
	require.NoError(t, w.observe("Widget"))
	w.fake.with(func() { w.fake.groups[len(w.fake.groups)-1].version = "v2" })
	w.now = w.now.Add(20 * time.Second)
	const why = "Widget shop/web: the API server no longer serves widgets in a.b/v1 (404: 404 page not found); its kinds are looked up again"
	w.busy(w.observe("Widget"), 40*time.Second, why)
	w.now = w.now.Add(40 * time.Second)
	w.busy(w.observe("Widget"), 0, why)
	require.Equal(t, 1, w.readings())
	require.NoError(t, w.observe("Widget"))

	w.fake.with(func() { w.fake.groups = w.fake.groups[:len(w.fake.groups)-1] })
	w.now = w.now.Add(again)
	require.Error(t, w.observe("Widget"))
	require.ErrorIs(t, w.observe("Widget"), controller.ErrNotFound)
	require.NoError(t, w.observe("Deployment"))
}

// Calls that come while the kinds are being read share the reading; one that is cancelled does not
// take the others with it.
func TestSharedReading(t *testing.T) {
	w := newWorld(t)
	hold := make(chan struct{})
	w.fake.with(func() {
		w.fake.index = func(http.ResponseWriter, *http.Request) bool { <-hold; return false }
	})
	lead, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := w.driver.Observe(lead, deployment("web"))
		assert.ErrorIs(t, err, context.Canceled)
	})
	require.Eventually(t, func() bool { return w.fake.count("GET /api") == 1 }, 10*time.Second, time.Millisecond)
	for range 10 {
		wg.Go(func() { assert.NoError(t, w.observe("Deployment")) })
	}
	ctx, stop := deadline(t, 50*time.Millisecond)
	defer stop()
	_, err := w.driver.Observe(ctx, deployment("web"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancel()
	require.Eventually(t, func() bool { return w.fake.count("GET /api") == 2 }, 10*time.Second, time.Millisecond)
	close(hold)
	wg.Wait()
	require.Equal(t, 1, w.readings())
}
