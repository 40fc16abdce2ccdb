package swarm

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func newDriver(t testing.TB, cfg Config) *Driver {
	d, err := New(cfg, Options{Version: "1.2.3", Now: time.Now})
	require.NoError(t, err)
	return d
}

func ref(name string) rules.Ref {
	return rules.Ref{Driver: "swarm", Kind: "service", Name: name}
}

func TestConformance(t *testing.T) {
	for name, serve := range map[string]func(*gate, testing.TB) Config{
		"socket": (*gate).onSocket, "TLS": (*gate).onTLS, "TCP": (*gate).onTCP,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			drivertest.Run(t, harness(f, newDriver(t, serve(&f.gate, t))))
		})
	}
}

func harness(f *fake, d *Driver) drivertest.Harness {
	var names atomic.Int64
	maker := func(prefix string) func(*testing.T, int) rules.Ref {
		return func(_ *testing.T, count int) rules.Ref {
			name := fmt.Sprint(prefix, names.Add(1))
			f.add(name, count)
			return ref(name)
		}
	}
	return f.harm(drivertest.Harness{
		Driver:      d,
		Make:        maker("web"),
		Forbidden:   maker("locked"),
		ReadOnly:    maker("readonly"),
		Count:       func(_ *testing.T, ref rules.Ref) int { return f.count(ref.Name) },
		Change:      func(_ *testing.T, ref rules.Ref, count int) { f.set(ref.Name, count) },
		Missing:     func(*testing.T) rules.Ref { return ref("nobody") },
		MissingKind: func(*testing.T) rules.Ref { return rules.Ref{Driver: "swarm", Kind: "Deployment", Name: "web"} },
		Settle: func(_ *testing.T, ref rules.Ref) {
			f.with(func() { s := f.find(ref.Name); s.running = s.count() })
		},
	})
}

func change(o engine.Observed, to int) engine.Change {
	return engine.Change{From: o.Count, To: to, Version: o.Version}
}

func observe(t testing.TB, d *Driver, name string) engine.Observed {
	o, err := d.Observe(t.Context(), ref(name))
	require.NoError(t, err)
	return o
}

func TestReady(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	for running, ready := range map[int]bool{0: false, 2: false, 3: true, 4: true} {
		f.with(func() { f.find("web").running = running })
		require.Equal(t, engine.Observed{Count: 3, Version: "1", Ready: ready, Bounds: rules.BoundsIn(nil)}, observe(t, d, "web"))
	}
	f.fail(saying(200, `[{"ID":"x","Version":{"Index":9},"Spec":{"Name":"web","Mode":{"Replicated":{"Replicas":2}}}}]`))
	require.Equal(t, engine.Observed{Count: 2, Version: "9", Bounds: rules.BoundsIn(nil)}, observe(t, d, "web"), "the swarm says nothing of its tasks")
}

// The version of the API is asked for once, and each change is a read and a write.
func TestRequestsOfAChange(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	for i := range 3 {
		require.NoError(t, d.Scale(t.Context(), ref("web"), change(observe(t, d, "web"), 10+i)))
	}
	f.with(func() {
		update := "POST /v1.41/services/" + f.find("web").id + "/update"
		require.Equal(t, map[string]int{"GET /_ping": 1, "GET /v1.41/services": 3, update: 3}, f.counts)
		require.Equal(t, map[string]bool{"alertscale/1.2.3": true}, f.agents)
	})
}

// Whoever comes first asks for the version, and the others wait for it, as long as they may.
func TestVersionIsAskedForOnce(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	f.slow(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := d.Observe(ctx, ref("web"))
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	wg.Wait()
	require.Equal(t, 1, f.requests("GET /_ping"))
	f.slow(0)
	for range 8 {
		wg.Go(func() {
			_, err := d.Observe(t.Context(), ref("web"))
			require.NoError(t, err)
		})
	}
	wg.Wait()
	require.Equal(t, 2, f.requests("GET /_ping"))
}

// Nothing of the spec changes but the number, whatever stands there.
func TestSpecIsKept(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	o := observe(t, d, "web")
	require.NoError(t, d.Scale(t.Context(), ref("web"), change(o, 7)))
	f.with(func() {
		s := f.find("web")
		require.Equal(t, decodeSpec(fmt.Sprintf(replicated, "web", 7)), s.spec)
		require.Equal(t, []string{"registryAuthFrom=spec&version=" + o.Version}, s.updates)
	})
}

// What is not a replicated service has no count.
func TestModes(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	for mode, want := range map[string]string{
		`{"Global":{}}`: "it is a global service, which runs once on every node",
		`{"ReplicatedJob":{"MaxConcurrent":1,"TotalCompletions":5}}`: "it is a job, whose tasks run to their end",
		`{"GlobalJob":{}}`: "it is a global job, which runs to its end once on every node",
		`{"Novel":{}}`:     "it is of a mode that is not known",
	} {
		f.addSpec(fmt.Sprintf(`{"Name":"odd","Mode":%s}`, mode), 1)
		_, err := d.Observe(t.Context(), ref("odd"))
		require.ErrorIs(t, err, controller.ErrInvalid)
		require.EqualError(t, err, "invalid: service odd: "+want+"; only replicated services can be scaled")
		err = d.Scale(t.Context(), ref("odd"), engine.Change{From: 1, To: 2, Version: "1"})
		require.ErrorIs(t, err, controller.ErrInvalid)
		f.remove("odd")
	}
	require.Zero(t, f.requests("POST "))

	f.addSpec(`{"Name":"plain","Mode":{"Replicated":{}}}`, 1)
	o := observe(t, d, "plain")
	require.Equal(t, 1, o.Count)
	require.NoError(t, d.Scale(t.Context(), ref("plain"), change(o, 2)))
	require.Equal(t, 2, f.count("plain"))
}

// The swarm's filter takes the beginning of a name for one.
func TestExactName(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web-2", 5)
	_, err := d.Observe(t.Context(), ref("web"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	f.add("web", 3)
	f.add("web-3", 7)
	require.Equal(t, 3, observe(t, d, "web").Count)
	f.add(`a"b&c=d/é`, 4)
	require.Equal(t, 4, observe(t, d, `a"b&c=d/é`).Count)
}

// A service that was created again under its name is another one.
func TestRecreated(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	o := observe(t, d, "web")
	f.remove("web")
	f.add("web", 3)
	require.ErrorIs(t, d.Scale(t.Context(), ref("web"), change(o, 4)), controller.ErrConflict)
	require.Equal(t, 3, f.count("web"))
	require.NoError(t, d.Scale(t.Context(), ref("web"), change(observe(t, d, "web"), 4)))
	require.Equal(t, 4, f.count("web"))
}

// A driver that did not read the service itself, or has forgotten it, reads it before it writes.
func TestScaleOfWhatAnotherRead(t *testing.T) {
	f := newFake()
	cfg := f.onSocket(t)
	f.add("web", 3)
	o := observe(t, newDriver(t, cfg), "web")
	require.NoError(t, newDriver(t, cfg).Scale(t.Context(), ref("web"), change(o, 4)))
	require.Equal(t, 4, f.count("web"))
	require.ErrorIs(t, newDriver(t, cfg).Scale(t.Context(), ref("web"), change(o, 5)), controller.ErrConflict)
	require.Equal(t, 4, f.count("web"))
	require.Equal(t, 1, f.requests("POST "))
}

func TestSeenAtAVersion(t *testing.T) {
	s := newSeen()
	s.Set("last", service{ID: "y"})
	read, ok := s.at("last", "0")
	require.True(t, ok)
	require.Equal(t, "y", read.ID)
	_, ok = s.at("last", "1")
	require.False(t, ok)
}

// A write goes out once, whatever becomes of it, also where the connection is cut without a word.
func TestWriteIsSentOnce(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) bool {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return true
	}
	redirect := func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	for name, fail := range map[string]fault{
		"429": answering(429, time.Second), "503": answering(503, time.Second), "500": answering(500, 0), "cut": cut, "redirect": redirect,
	} {
		for way, serve := range map[string]func(*gate, testing.TB) Config{"socket": (*gate).onSocket, "TLS": (*gate).onTLS} {
			t.Run(name+" "+way, func(t *testing.T) {
				f := newFake()
				d := newDriver(t, serve(&f.gate, t))
				f.add("web", 3)
				o := observe(t, d, "web")
				f.fail(fail)
				require.Error(t, d.Scale(t.Context(), ref("web"), change(o, 4)))
				require.Equal(t, 1, f.requests("POST "))
				require.Equal(t, 3, f.count("web"))
				require.NoError(t, d.Scale(t.Context(), ref("web"), change(o, 4)), "what was read still holds")
				require.Equal(t, 1, f.requests("GET /v"))
			})
		}
	}
}

// An engine that was exchanged for one of another version is spoken to in that from then on.
func TestEngineIsUpgraded(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	o := observe(t, d, "web")
	f.with(func() { f.api = "1.52" })
	var busy *controller.ThrottledError
	err := d.Scale(t.Context(), ref("web"), change(o, 4))
	require.ErrorAs(t, err, &busy)
	require.ErrorContains(t, err, "speaks version 1.52 of its API by now, and is asked in it next")
	require.NoError(t, d.Scale(t.Context(), ref("web"), change(o, 4)))
	require.Equal(t, 1, f.requests("POST /v1.52/"))
	require.Equal(t, 2, f.requests("GET /_ping"))
}

// The driver starts while there is no engine, and recovers as soon as there is one.
func TestStartsWithoutEngine(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host := free.Addr().String()
	require.NoError(t, free.Close())
	d := newDriver(t, Config{Host: "tcp://" + host})
	for range 3 {
		_, err = d.Observe(t.Context(), ref("web"))
		require.EqualError(t, err, "no answer from tcp://"+host+": dial tcp "+host+": connect: connection refused; is Docker running there?")
	}
	f := newFake()
	f.add("web", 3)
	listener, err := net.Listen("tcp", host)
	require.NoError(t, err)
	f.serve(t, listener)
	require.Equal(t, 3, observe(t, d, "web").Count)
}

// TestOwnBounds: what the labels of a service say of its bounds is in what is read anyway.
func TestOwnBounds(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onTCP(t))
	f.add("web", 3)
	o, err := d.Observe(t.Context(), ref("web"))
	require.NoError(t, err)
	require.Equal(t, rules.BoundsIn(nil), o.Bounds)
	f.edit("web", func(s *fakeService) {
		s.spec["Labels"] = map[string]any{"alertscale.min": "2", "alertscale.max": "many", "a": "b"}
	})
	before := f.requests("")
	o, err = d.Observe(t.Context(), ref("web"))
	require.NoError(t, err)
	low, high := "2", "many"
	require.Equal(t, rules.BoundsSaid{Min: &low, Max: &high, Asked: true}, o.Bounds)
	require.Equal(t, before+1, f.requests(""))
}
