package swarm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moby/moby/api/types/swarm"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// TestRealSwarm wants an engine that is the only manager of a swarm, which ALERTSCALE_TEST_SWARM names as
// DOCKER_HOST would, and an image there, ALERTSCALE_TEST_SWARM_IMAGE, whose containers run /idle until they
// are asked to end. The tests in test/swarm bring both.
func TestRealSwarm(t *testing.T) {
	host, image := os.Getenv("ALERTSCALE_TEST_SWARM"), os.Getenv("ALERTSCALE_TEST_SWARM_IMAGE")
	if host == "" || image == "" {
		t.Skip("ALERTSCALE_TEST_SWARM and ALERTSCALE_TEST_SWARM_IMAGE name no swarm; test/swarm starts one")
	}
	r := newReal(t, host, image)
	t.Run("conformance", func(t *testing.T) { drivertest.Run(t, r.harness(t)) })
	t.Run("TLS", r.byTLS)
	t.Run("tasks are kept", r.keepsTasks)
	t.Run("another's update in between", r.keepsUpdates)
	t.Run("own bounds", r.saysBounds)
	t.Run("modes", r.refusesModes)
	t.Run("a name that begins another's", r.findsExactName)
}

// realSwarm is a hand on a swarm, not by way of the driver.
type realSwarm struct {
	docker *dockerEngine
	image  string
	names  atomic.Int64
	gate   gate // before the engine
}

func newReal(t *testing.T, host, image string) *realSwarm {
	e, err := newEngine(Config{Host: host}, "test")
	require.NoError(t, err)
	to, err := url.Parse(e.base)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: e.http.Transport}
	return &realSwarm{docker: e, image: image, gate: gate{inner: proxy}}
}

func (r *realSwarm) driver(t *testing.T) *Driver { return newDriver(t, r.gate.onSocket(t)) }

func (r *realSwarm) harness(t *testing.T) drivertest.Harness {
	return r.gate.harm(drivertest.Harness{
		Driver: r.driver(t),
		Make:   func(t *testing.T, count int) rules.Ref { return ref(r.make(t, r.image, count)) },
		Count:  func(t *testing.T, ref rules.Ref) int { return replicasOf(t, r.inspect(t, ref.Name)) },
		Change: func(t *testing.T, ref rules.Ref, count int) {
			r.edit(t, ref.Name, func(s *swarm.ServiceSpec) { s.Mode.Replicated.Replicas = new(uint64(count)) })
		},
		Missing:     func(*testing.T) rules.Ref { return ref("nobody") },
		MissingKind: func(*testing.T) rules.Ref { return rules.Ref{Driver: "swarm", Kind: "Deployment", Name: "web"} },
		Settle: func(t *testing.T, ref rules.Ref) {
			r.running(t, ref.Name, replicasOf(t, r.inspect(t, ref.Name)))
		},
	})
}

// byTLS changes a service by way of a TLS listener before the engine, which wants a certificate of its clients.
func (r *realSwarm) byTLS(t *testing.T) {
	c := r.gate.onTLS(t)
	at, d := ref(r.make(t, r.image, 1)), newDriver(t, c)
	seen, err := d.Observe(t.Context(), at)
	require.NoError(t, err)
	require.NoError(t, d.Scale(t.Context(), at, engine.Change{From: 1, To: 2, Version: seen.Version}))
	require.Equal(t, 2, replicasOf(t, r.inspect(t, at.Name)))

	c.CertFile, c.KeyFile = "", ""
	_, err = newDriver(t, c).Observe(t.Context(), at)
	require.Error(t, err, "without a certificate")
}

// saysBounds has the labels of a service say its bounds, which its change leaves as they are.
func (r *realSwarm) saysBounds(t *testing.T) {
	at, d := ref(r.make(t, r.image, 1)), r.driver(t)
	r.edit(t, at.Name, func(s *swarm.ServiceSpec) { s.Labels = map[string]string{rules.KeyMin: "1", rules.KeyMax: "3"} })
	seen, err := d.Observe(t.Context(), at)
	require.NoError(t, err)
	require.Equal(t, rules.BoundsIn(map[string]string{rules.KeyMin: "1", rules.KeyMax: "3"}), seen.Bounds)
	require.NoError(t, d.Scale(t.Context(), at, engine.Change{From: 1, To: 2, Version: seen.Version}))
	require.Equal(t, "3", r.inspect(t, at.Name).Spec.Labels[rules.KeyMax])
}

// make makes a service and returns its name.
func (r *realSwarm) make(t *testing.T, image string, count int) string {
	return r.makeMode(t, image, swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: new(uint64(count))}})
}

func (r *realSwarm) makeMode(t *testing.T, image string, mode swarm.ServiceMode) string {
	name := fmt.Sprintf("web-%d", r.names.Add(1))
	r.create(t, name, image, mode)
	return name
}

func (r *realSwarm) create(t *testing.T, name, image string, mode swarm.ServiceMode) {
	t.Helper()
	r.call(t, http.MethodPost, "/services/create", nil, swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: name},
		TaskTemplate: swarm.TaskSpec{ContainerSpec: &swarm.ContainerSpec{
			Image: image, Command: []string{"/idle"}, StopGracePeriod: new(time.Second),
		}},
		Mode: mode,
	}, nil)
	t.Cleanup(func() { r.call(t, http.MethodDelete, "/services/"+name, nil, nil, nil) })
}

func (r *realSwarm) inspect(t *testing.T, name string) (s swarm.Service) {
	t.Helper()
	r.call(t, http.MethodGet, "/services/"+name, nil, nil, &s)
	return s
}

func replicasOf(t *testing.T, s swarm.Service) int {
	t.Helper()
	require.NotNil(t, s.Spec.Mode.Replicated)
	return int(*s.Spec.Mode.Replicated.Replicas)
}

// edit changes the spec as somebody else would.
func (r *realSwarm) edit(t *testing.T, name string, change func(*swarm.ServiceSpec)) {
	t.Helper()
	s := r.inspect(t, name)
	change(&s.Spec)
	r.call(t, http.MethodPost, "/services/"+name+"/update", url.Values{"version": {s.Version.String()}}, s.Spec, nil)
}

// running waits until so many tasks of a service run and are to, and returns their IDs.
func (r *realSwarm) running(t *testing.T, name string, count int) map[string]bool {
	t.Helper()
	filters := url.Values{"filters": {fmt.Sprintf(`{"service":[%q],"desired-state":["running"]}`, name)}}
	var ids map[string]bool
	require.Eventually(t, func() bool {
		var tasks []swarm.Task
		r.call(t, http.MethodGet, "/tasks", filters, nil, &tasks)
		ids = map[string]bool{}
		for _, task := range tasks {
			if task.Status.State == swarm.TaskStateRunning {
				ids[task.ID] = true
			}
		}
		return len(ids) == count
	}, time.Minute, 100*time.Millisecond, "%s has no %d tasks that run", name, count)
	return ids
}

func (r *realSwarm) call(t *testing.T, method, path string, query url.Values, body, into any) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(t, err)
	}
	// The test's context has ended when it tidies up.
	a, err := r.docker.call(context.WithoutCancel(t.Context()), method, path, query, text)
	require.NoError(t, err)
	require.Less(t, a.Code, 300, "%s %s: %s", method, path, a.Body)
	if into != nil {
		require.NoError(t, json.Unmarshal(a.Body, into))
	}
}

// keepsTasks has a scale leave those tasks alone that there are: of a service whose image has no tag, too, as
// one that docker's command did not make may have.
func (r *realSwarm) keepsTasks(t *testing.T) {
	d := r.driver(t)
	for _, image := range []string{r.image, r.image + ":latest"} {
		name := r.make(t, image, 2)
		before := r.running(t, name, 2)
		require.NoError(t, d.Scale(t.Context(), ref(name), change(observe(t, d, name), 4)))
		after := r.running(t, name, 4)
		for id := range before {
			require.True(t, after[id], "a task was replaced")
		}
		s := r.inspect(t, name)
		require.Equal(t, image, s.Spec.TaskTemplate.ContainerSpec.Image)
		require.Nil(t, s.UpdateStatus)
	}
}

// keepsUpdates has what somebody else changed meanwhile stay.
func (r *realSwarm) keepsUpdates(t *testing.T) {
	d := r.driver(t)
	name := r.make(t, r.image, 1)
	o := observe(t, d, name)
	r.edit(t, name, func(s *swarm.ServiceSpec) { s.Labels = map[string]string{"a": "<b>&"} })
	require.ErrorIs(t, d.Scale(t.Context(), ref(name), change(o, 2)), controller.ErrConflict)
	require.NoError(t, d.Scale(t.Context(), ref(name), change(observe(t, d, name), 2)))
	s := r.inspect(t, name)
	require.Equal(t, "<b>&", s.Spec.Labels["a"])
	require.Equal(t, 2, replicasOf(t, s))
	s.PreviousSpec.Mode = s.Spec.Mode
	require.Equal(t, *s.PreviousSpec, s.Spec)
}

func (r *realSwarm) refusesModes(t *testing.T) {
	d := r.driver(t)
	for _, mode := range []swarm.ServiceMode{
		{Global: &swarm.GlobalService{}},
		{ReplicatedJob: &swarm.ReplicatedJob{MaxConcurrent: new(uint64(1)), TotalCompletions: new(uint64(1))}},
		{GlobalJob: &swarm.GlobalJob{}},
	} {
		_, err := d.Observe(t.Context(), ref(r.makeMode(t, r.image, mode)))
		require.ErrorIs(t, err, controller.ErrInvalid)
	}
}

func (r *realSwarm) findsExactName(t *testing.T) {
	d := r.driver(t)
	mode := func(n uint64) swarm.ServiceMode {
		return swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &n}}
	}
	r.create(t, "shop_web2", r.image, mode(0))
	_, err := d.Observe(t.Context(), ref("shop_web"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	id := r.inspect(t, "shop_web2").ID
	_, err = d.Observe(t.Context(), ref(id))
	require.ErrorIs(t, err, controller.ErrNotFound, "an ID is no name")
	r.create(t, "shop_web", r.image, mode(1))
	require.Equal(t, 1, observe(t, d, "shop_web").Count)
}
