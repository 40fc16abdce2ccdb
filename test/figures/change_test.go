package figures

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// config returns a file with rules that each take a Deployment one up, one for each sender.
func config(name string, senders int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `drivers: {kubernetes: {qps: %d, burst: %[1]d}}
targets:
  one: {driver: kubernetes, kind: Deployment, namespace: %s, name: %s, max: 1000000, cooldown: 0s}
rules:
`, limit, namespace, name)
	for i := range senders {
		fmt.Fprintf(&b, "  - {name: sender %d, matchers: ['alertname=\"Busy\"', 'sender=\"%[1]d\"'], target: one, up: 1}\n", i)
	}
	return b.String()
}

// busy returns the labels of the alert of a sender.
func busy(sender int) map[string]string {
	return map[string]string{
		"alertname": "Busy", "sender": fmt.Sprint(sender), "namespace": namespace, "severity": "warning", "cluster": "eu-west-1",
	}
}

// requests counts what is asked of the API server: one read and one write a change, nothing for a repeat
// or a resolve. An Event of a change comes after it, and holds nothing up.
func requests(t *testing.T, b *bench) {
	const n = 20
	o := b.deployment(t, "requests")
	proxy := stack.ProxyAPIServer(t, b.api)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: config(o.Name, 1), Kubeconfig: stack.WriteKubeconfig(t, proxy.URL, b.api.CA, b.token),
	})
	a.WaitConnected(t, 1)
	s := newSender(a.URL, busy(0))
	require.NoError(t, s.fire()) // finds out what a Deployment is
	require.NoError(t, s.resolve())
	proxy.Forget()
	for range n {
		require.NoError(t, s.fire())
		require.NoError(t, s.repeat())
		require.NoError(t, s.resolve())
	}
	require.Equal(t, 1+1+n, b.admin.Scale(t, o))
	tells := func(r stack.Request) bool { return strings.Contains(r.Path, "/events") }
	gets, patches := len(proxy.Requests(stack.Method("GET"))), len(proxy.Requests(func(r stack.Request) bool {
		return r.Method == "PATCH" && strings.HasSuffix(r.Path, "/scale")
	}))
	beside := len(proxy.Requests(func(r stack.Request) bool { return !tells(r) }))
	require.Equal(t, []int{n, n, 2 * n}, []int{gets, patches, beside}, "reads, writes, requests beside Events")
	require.LessOrEqual(t, len(proxy.Requests(tells)), n+1, "one of the change before them")
	b.table.add("requests of a change, of a repeat", "2, 0", true, "2, 0",
		fmt.Sprintf("%d GET and %d PATCH for %d changes and %[3]d repeats", gets, patches, n))
}

// change compares the time from a notification to its answer, with a change in between, with that of the
// change alone, and with that of the change with a bare commit in between: it has to be known before it is made. The
// least that the whole can take is what a bare handler takes which is told of it by the same notification.
func change(t *testing.T, b *bench) {
	const n, warm = 200, 20
	o := b.deployment(t, "change")
	alone := b.bare(t)
	file := newSender(b.start(t, config(o.Name, 1), "").URL, busy(0))
	memory := newSender(b.start(t, config(o.Name, 1), "memory:").URL, busy(0))
	disk := newDisk(t)
	const pages = 3 // of a commit of a store of one ref
	address := freeAddress(t)
	kubeconfig := stack.WriteKubeconfig(t, b.api.URL, b.api.CA, b.token)
	handler := newSender(launch(t, address, kubeconfig, buildBare(t), address, namespace, o.Name, fmt.Sprint(pages)).url+"/change", busy(0))
	var bares, synced, handled, files, memories []time.Duration
	for i := range warm + n {
		one := took(t, func() error { return alone.Up(t.Context(), o.Name) })
		floor := took(t, func() error {
			return alone.UpAfter(t.Context(), o.Name, func() error { return disk.Commit(pages) })
		})
		told := took(t, handler.fire)
		two := took(t, file.fire)
		three := took(t, memory.fire)
		require.NoError(t, file.resolve())
		require.NoError(t, memory.resolve())
		if i >= warm {
			bares, synced, handled = append(bares, one), append(synced, floor), append(handled, told)
			files, memories = append(files, two), append(memories, three)
		}
	}
	require.Equal(t, 5*(warm+n), b.admin.Scale(t, o)-1, "one change each")
	ratio := func(d []time.Duration) float64 { return float64(median(d)) / float64(median(bares)) }
	details := fmt.Sprintf("%s to %s", ms(median(files)), ms(median(bares)))
	b.table.add("change, file: store, to bare GET + PATCH", "<= 1.2", ratio(files) <= 1.2,
		fmt.Sprintf("%.2f", ratio(files)), details)
	b.table.add("  a bare GET, commit and PATCH, to the same", "", true, fmt.Sprintf("%.2f", ratio(synced)), ms(median(synced)))
	b.table.add("  a bare handler of notifications that does so, to the same", "", true, fmt.Sprintf("%.2f", ratio(handled)), ms(median(handled)))
	b.table.add("  alertscale, memory: store", "", true, fmt.Sprintf("%.2f", ratio(memories)), ms(median(memories)))
}
