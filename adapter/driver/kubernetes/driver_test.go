package kubernetes

import (
	"fmt"
	"net"
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

// newDriver returns a driver that talks to the fake.
func newDriver(t testing.TB, f *fake, kinds ...string) *Driver {
	return newDriverAt(t, f, time.Now, kinds...)
}

func newDriverAt(t testing.TB, f *fake, now func() time.Time, kinds ...string) *Driver {
	d, err := New(Config{Kubeconfig: f.kubeconfig(t), QPS: 1e6, Burst: 1e6}, Options{Version: "1.2.3", Now: now, Kinds: kinds})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func deployment(name string) rules.Ref {
	return rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: name}
}

func deploymentPath(name string) string { return "/apis/apps/v1/namespaces/shop/deployments/" + name }

func TestConformance(t *testing.T) {
	for _, http2 := range []bool{true, false} {
		t.Run(fmt.Sprint("http2=", http2), func(t *testing.T) {
			f := newFake(t, http2)
			drivertest.Run(t, harness(f, newDriver(t, f)))
		})
	}
}

func harness(f *fake, d *Driver) drivertest.Harness {
	var names atomic.Int64
	maker := func(prefix string) func(*testing.T, int) rules.Ref {
		return func(_ *testing.T, count int) rules.Ref {
			name := fmt.Sprint(prefix, names.Add(1))
			f.put(deploymentPath(name), count)
			return deployment(name)
		}
	}
	return drivertest.Harness{
		Driver:    d,
		Make:      maker("web"),
		Forbidden: maker("locked"),
		ReadOnly:  maker("readonly"),
		Count:     func(_ *testing.T, ref rules.Ref) int { return f.get(deploymentPath(ref.Name)).spec },
		Change:    func(_ *testing.T, ref rules.Ref, count int) { f.put(deploymentPath(ref.Name), count) },
		Missing:   func(*testing.T) rules.Ref { return deployment("nobody") },
		MissingKind: func(*testing.T) rules.Ref {
			return rules.Ref{Kind: "Deploymnt", Namespace: "shop", Name: "web"}
		},
		Settle: func(_ *testing.T, ref rules.Ref) {
			f.with(func() { o := f.objects[deploymentPath(ref.Name)]; o.status = o.spec })
		},
		Down: func(*testing.T) { f.with(func() { f.down = true }) },
		Up:   func(*testing.T) { f.with(func() { f.down = false }) },
		Lose: func(*testing.T) { f.with(func() { f.lose = true }) },
		Refuse: func(_ *testing.T, code int, after time.Duration) {
			f.with(func() { f.next = append(f.next, answering(code, after)) })
		},
		Slow: func(_ *testing.T, delay time.Duration) { f.slow(delay) },
		Requests: func(*testing.T) (reads, writes int) {
			return f.count("GET "), f.count("") - f.count("GET ")
		},
	}
}

func TestReady(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put(deploymentPath("web"), 3)
	o, err := d.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.Equal(t, engine.Observed{Count: 3, Version: "1"}, o)
	f.with(func() { f.objects[deploymentPath("web")].status = 3 })
	o, err = d.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.True(t, o.Ready)
}

func TestRequestsOfAChange(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put(deploymentPath("web"), 3)
	for i := range 3 {
		o, err := d.Observe(t.Context(), deployment("web"))
		require.NoError(t, err)
		require.NoError(t, d.Scale(t.Context(), deployment("web"), engine.Change{From: o.Count, To: 10 + i, Version: o.Version}))
	}
	f.with(func() {
		path := deploymentPath("web") + "/scale"
		require.Equal(t, map[string]int{"GET /api": 1, "GET /apis": 1, "GET " + path: 3, "PATCH " + path: 3}, f.counts)
		require.Equal(t, map[string]bool{"alertscale/1.2.3": true}, f.agents)
	})
}

// A write goes out once, whatever becomes of it, also where the connection is cut without a word.
func TestWriteIsSentOnce(t *testing.T) {
	reset := func(w http.ResponseWriter, _ *http.Request) bool {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, ok := conn.(interface{ NetConn() net.Conn }); ok {
			_ = tcp.NetConn().(*net.TCPConn).SetLinger(0)
			_ = tcp.NetConn().Close()
		}
		return true
	}
	redirect := func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	for name, fail := range map[string]fault{
		"429": answering(429, time.Second), "503": answering(503, time.Second), "500": answering(500, time.Second),
		"reset": reset, "redirect": redirect,
	} {
		for _, http2 := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " http2=", http2), func(t *testing.T) {
				f := newFake(t, http2)
				d := newDriver(t, f)
				f.put(deploymentPath("web"), 3)
				o, err := d.Observe(t.Context(), deployment("web"))
				require.NoError(t, err)
				f.with(func() { f.next = append(f.next, fail) })
				require.Error(t, d.Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 4, Version: o.Version}))
				require.Equal(t, 1, f.count("PATCH "))
				require.Equal(t, 3, f.get(deploymentPath("web")).spec)
			})
		}
	}
}

func TestSilentNoOp(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put(deploymentPath("web"), 3)
	f.with(func() { f.deaf = true })
	err := d.Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 5, Version: "1"})
	require.EqualError(t, err, "Deployment shop/web: the API server took the change to 5 and made it 3: an admission webhook or a policy stands in the way")
}

func TestClusterScopedKind(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put("/apis/example.com/v1/fleets/red", 3)
	o, err := d.Observe(t.Context(), rules.Ref{Kind: "Fleet", Name: "red"})
	require.NoError(t, err)
	require.Equal(t, 3, o.Count)
}

// The driver starts while there is no API server, and recovers as soon as there is one.
func TestStartsWithoutAPIServer(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	file := kubeconfig(t, "clusters: [{name: c, cluster: {server: 'http://"+address+"'}}]\n"+
		"contexts: [{name: it, context: {cluster: c}}]\ncurrent-context: it\n")
	d, err := New(Config{Kubeconfig: file}, Options{Now: time.Now})
	require.NoError(t, err)
	for range 3 {
		_, err = d.Observe(t.Context(), deployment("web"))
		require.EqualError(t, err, "discovery of kind Deployment: no answer from http://"+address+": dial tcp "+address+": connect: connection refused; is the API server up, and is that its address?")
	}
	f := newFake(t, false)
	f.put(deploymentPath("web"), 3)
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	o, err := d.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.Equal(t, 3, o.Count)
}

// What waits for the limit was not sent.
func TestLimit(t *testing.T) {
	f := newFake(t, true)
	d, err := New(Config{Kubeconfig: f.kubeconfig(t), QPS: 0.001, Burst: 3}, Options{Now: time.Now})
	require.NoError(t, err)
	f.put(deploymentPath("web"), 3)
	_, err = d.Observe(t.Context(), deployment("web")) // two of discovery and one
	require.NoError(t, err)
	ctx, stop := deadline(t, time.Second)
	defer stop()
	err = d.Scale(ctx, deployment("web"), engine.Change{From: 3, To: 4, Version: "1"})
	var busy *controller.ThrottledError
	require.ErrorAs(t, err, &busy)
	require.True(t, strings.HasPrefix(err.Error(), "not sent, too many requests wait for the driver's limit (qps 0.001, burst 3): "), err)
	require.Zero(t, f.count("PATCH "))
}
