package figures

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// fresh measures how long an alert that comes soon after a restart waits behind calls that were open before it. Of
// all, fifty requests a second may be sent.
func fresh(t *testing.T, a *alone) {
	for _, n := range either([]int{1000}, []int{1000, 10_000}) {
		for _, why := range []struct {
			name, cooldown, verdict string
		}{{"that wait for a cooldown", "1h", "cooldown"}, {"that the API refused", "0s", "failed"}} {
			t.Run(fmt.Sprint(n, " ", why.name), func(t *testing.T) {
				b := newBacklog(t, a, n, why.cooldown, why.verdict)
				var waited []time.Duration
				for i := range either(3, 5) {
					waited = append(waited, b.round(t, i))
				}
				a.table.atMost(fmt.Sprintf("a fresh alert behind %d calls %s", n, why.name), 0.2, median(waited).Seconds(), "s",
					fmt.Sprintf("%d answers of 503", b.unavailable))
			})
		}
	}
}

// drained is how long it takes after a start until the requests are used up that may be sent at once.
const drained = 2 * time.Second

// backlog is an alertscale with open calls.
type backlog struct {
	api         *scales
	serving     serving
	cooldown    string
	verdict     string // on the open calls
	old         []*sender
	unavailable int // answers of 503 to fresh alerts
}

func newBacklog(t *testing.T, a *alone, n int, cooldown, verdict string) *backlog {
	t.Helper()
	b := &backlog{api: &scales{counts: map[string]int{}}, cooldown: cooldown, verdict: verdict}
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	b.serving = serving{
		path: a.path, dir: t.TempDir(), kubeconfig: stack.WriteKubeconfig(t, server.URL, nil, ""), args: []string{"--log.level=error"},
	}
	const group = 1000
	for first := 0; first < n; first += group {
		b.old = append(b.old, newSender("", namespaces(first, group)...))
	}
	return b
}

// start starts alertscale with a limit of so many requests a second, and twice as many at once.
func (b *backlog) start(t *testing.T, qps int) *program {
	t.Helper()
	b.serving.text = fmt.Sprintf(`
drivers: {kubernetes: {qps: %d, burst: %d}}
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: web, max: 100000, cooldown: %s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}
`, qps, 2*qps, b.cooldown)
	return serve(t, b.serving)
}

// round opens calls, kills alertscale, starts it again, and returns how long a fresh alert waits for its change.
func (b *backlog) round(t *testing.T, i int) time.Duration {
	t.Helper()
	p := b.start(t, limit)
	b.api.refuse(b.verdict == "failed")
	for range 2 { // the second time it is within the cooldown
		for _, s := range b.old {
			s.url = p.url
			require.NoError(t, orUnavailable(s.resolve()))
			require.NoError(t, orUnavailable(s.fire()))
		}
	}
	for _, s := range b.old {
		require.Contains(t, get(t, p.url+"/api/v1/decisions?limit=1&ref=kubernetes:Deployment/"+s.labels[0]["namespace"]+"/web"),
			`"verdict":"`+b.verdict+`"`, "the call is open")
	}
	p.kill()
	b.api.refuse(false)
	p = b.start(t, 50)
	defer p.kill()
	time.Sleep(drained)
	s := newSender(p.url, namespaces(1_000_000+i, 1)...)
	again := func() error { b.unavailable++; return s.repeat() }
	waited := took(t, func() error { return untilServed(s.fire, again) })
	require.Equal(t, 2, b.api.count(s.labels[0]["namespace"]), "it was changed")
	return waited
}

// orUnavailable lets an answer of 503 pass.
func orUnavailable(err error) error {
	if answer := (*answerError)(nil); errors.As(err, &answer) && answer.code == 503 {
		return nil
	}
	return err
}
