package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// once is a service of three pods in a namespace of its own, with a rule that brings two more, and an
// alertscale without cooldowns. What Alertmanagers post, and what is asked of the API server, goes
// through proxies.
type once struct {
	*stack.Alertscale
	ref      string
	replicas *stack.FieldWatch
	api      *stack.Proxy
	webhook  *stack.Proxy
}

func startOnce(t *testing.T, namespace string) *once {
	t.Helper()
	cluster.Client.CreateNamespace(t, namespace)
	deployments(t, namespace, map[string]int{"web": 3})
	o := &once{
		ref:      "kubernetes:Deployment/" + namespace + "/web",
		replicas: cluster.Client.WatchReplicas(t, deployment(namespace, "web")),
		api:      stack.ProxyAPIServer(t, cluster.API),
	}
	o.Alertscale = stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config:     shipped.Replace(t, testdata(t, "once.yml"), "NAMESPACE", namespace),
		Kubeconfig: accountVia(t, o.api),
	})
	o.WaitConnected(t, 1)
	o.api.Forget()
	o.webhook = stack.StartProxy(t, o.URL)
	t.Cleanup(func() {
		if t.Failed() {
			for _, r := range o.webhook.Requests(nil) {
				t.Logf("%s %s", r.At.Format(time.StampMilli), r.Body)
			}
		}
	})
	return o
}

// config returns an Alertmanager's configuration whose groups are repeated every other second.
func (o *once) config(route ...string) string {
	return stack.WebhookConfig([]string{o.webhook.URL + "/webhook"}, route...)
}

// busy is the alert of one instance, as Prometheus sends it to each Alertmanager alike.
func busy(instance string, since time.Time) stack.Alert {
	return stack.Alert{Labels: map[string]string{"alertname": "WebBusy", "instance": instance}, StartsAt: since}
}

func resolved(a stack.Alert) stack.Alert {
	a.EndsAt = time.Now()
	return a
}

// notification is what matters here of one.
type notification struct {
	ExternalURL string
	Alerts      []struct {
		Status string
		Labels map[string]string
	}
}

// is reports whether the alerts are those given, as instance:status.
func (n notification) is(alerts ...string) bool {
	var got []string
	for _, a := range n.Alerts {
		got = append(got, a.Labels["instance"]+":"+a.Status)
	}
	slices.Sort(got)
	return slices.Equal(got, alerts)
}

func decode(r stack.Request) (n notification) {
	_ = json.Unmarshal(r.Body, &n) // what is none has no alerts
	return n
}

// waitTold waits until alertscale has been told of just these alerts n times more.
func (o *once) waitTold(t *testing.T, n int, alerts ...string) {
	t.Helper()
	before := o.told(alerts...)
	stack.Eventually(t, wait, func() error {
		if got := o.told(alerts...) - before; got < n {
			return fmt.Errorf("told of %v %d times more, want %d", alerts, got, n)
		}
		return nil
	})
}

func (o *once) told(alerts ...string) int {
	return len(o.webhook.Requests(func(r stack.Request) bool { return decode(r).is(alerts...) }))
}

// TestOneStepAnEpisode takes a group of alerts through its life: one step, at its beginning.
func TestOneStepAnEpisode(t *testing.T) {
	for _, version := range []stack.Component{stack.Alertmanager, stack.Alertmanager027} {
		t.Run(string(version), func(t *testing.T) {
			o := startOnce(t, strings.ReplaceAll(string(version), ".", "-"))
			am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
				Version: version, Config: o.config("repeat_interval: 2s"),
			})
			began := time.Now()
			am.Post(t, busy("a", began))
			o.replicas.Wait(t, 1, wait)
			requests := len(o.api.Requests(nil))

			o.waitTold(t, 2, "a:firing") // repeats
			am.Post(t, busy("a", began), busy("b", time.Now()))
			o.waitTold(t, 2, "a:firing", "b:firing") // the news, and a repeat
			am.Post(t, resolved(busy("a", began)))
			o.waitTold(t, 1, "a:resolved", "b:firing")
			o.waitTold(t, 1, "b:firing")
			am.Post(t, resolved(busy("b", began)))
			o.waitTold(t, 1, "b:resolved")
			waitActive(t, o.Alertscale, o.ref)

			require.Equal(t, []int{3, 5}, o.replicas.Values())
			require.Len(t, o.api.Requests(nil), requests, "nothing new is no reason to ask the API server")
			require.Len(t, scaled(o.Alertscale), 1)

			// The next episode has a step of its own.
			am.Post(t, busy("a", time.Now()))
			o.replicas.Exactly(t, 2, wait, quiet)
			require.Equal(t, []int{3, 5, 7}, o.replicas.Values())
			o.asked(t, 2)
			require.Empty(t, logged(o.Alertscale, "verdict=failed"))
		})
	}
}

// asked checks that each of n steps was one read and one write.
func (o *once) asked(t *testing.T, n int) {
	t.Helper()
	count := func(method string) int {
		return len(o.api.Requests(func(r stack.Request) bool { return r.Method == method && scaleRequest(r) }))
	}
	require.Equal(t, n, count("GET"), "reads of the scale")
	require.Equal(t, n, count("PATCH"), "changes of the scale")
}

// TestTwoAlertmanagers has two Alertmanagers of a cluster both speak of the same alert, at once and late.
func TestTwoAlertmanagers(t *testing.T) {
	o := startOnce(t, "two-alertmanagers")
	// Each waits a second for its turn, and then for the other to say that it has spoken.
	all := stack.StartAlertmanagers(t, 2, stack.AlertmanagerOptions{
		Config: o.config("repeat_interval: 5m"), Args: []string{"--cluster.peer-timeout=1s", "--cluster.settle-timeout=3s"},
	})
	for _, am := range all {
		waitSettled(t, am)
	}
	post := func(a stack.Alert) {
		for _, am := range all {
			am.Post(t, a)
		}
	}

	// What the first one posts is held back on its way, so the second one takes it for dead.
	began := time.Now()
	held := o.webhook.Inject(stack.Fault{Match: about("a:firing"), Times: 1, Hold: stack.BeforeRequest})
	post(busy("a", began))
	held.WaitHeld(t, 1, wait)
	o.replicas.Wait(t, 1, wait)
	held.Release()
	o.spoke(t, 2, "a:firing")
	o.answered(t, 2)

	// So with the resolve. And what the one has to say of the next episode comes after the other's
	// word that it is over.
	late := o.webhook.Inject(stack.Fault{Match: about("a:resolved"), Times: 1, Hold: stack.BeforeRequest})
	post(resolved(busy("a", began)))
	late.WaitHeld(t, 1, wait)
	waitActive(t, o.Alertscale, o.ref)
	late.Release()
	o.spoke(t, 2, "a:resolved")
	o.answered(t, 4)
	require.Equal(t, []int{3, 5}, o.replicas.Values())

	again := time.Now()
	stale := o.webhook.Inject(stack.Fault{Match: about("b:firing"), Times: 1, Hold: stack.BeforeRequest})
	post(busy("b", again))
	stale.WaitHeld(t, 1, wait)
	o.replicas.Wait(t, 2, wait)
	post(resolved(busy("b", again)))
	o.waitTold(t, 1, "b:resolved")
	waitActive(t, o.Alertscale, o.ref)
	stale.Release()
	o.answered(t, 7)

	o.replicas.Exactly(t, 2, wait, quiet)
	require.Equal(t, []int{3, 5, 7}, o.replicas.Values())
	o.asked(t, 2)
	waitActive(t, o.Alertscale, o.ref)
}

// waitSettled waits until an Alertmanager is one of two, and does not put off its notifications any more
// until the cluster has settled.
func waitSettled(t *testing.T, am *stack.AlertmanagerServer) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		res, err := http.Get(am.URL + "/api/v2/status")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		var answer struct {
			Cluster struct {
				Status string
				Peers  []any
			}
		}
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			return err
		}
		if c := answer.Cluster; c.Status != "ready" || len(c.Peers) != 2 {
			return fmt.Errorf("a cluster of %d is %s", len(c.Peers), c.Status)
		}
		return nil
	})
}

func about(alerts ...string) func(stack.Request) bool {
	return func(r stack.Request) bool { return decode(r).is(alerts...) }
}

// spoke checks that just so many Alertmanagers posted these alerts.
func (o *once) spoke(t *testing.T, n int, alerts ...string) {
	t.Helper()
	senders := map[string]bool{}
	for _, r := range o.webhook.Requests(about(alerts...)) {
		senders[decode(r).ExternalURL] = true
	}
	require.Len(t, senders, n)
}

// answered waits until alertscale has answered all notifications, of which there are at least n, with 200.
func (o *once) answered(t *testing.T, n int) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		_, metrics := o.Get(t, "/metrics")
		sent := len(o.webhook.Requests(nil))
		if line := fmt.Sprintf("alertscale_notifications_total{code=\"200\"} %d\n", sent); sent < n || !strings.Contains(metrics, line) {
			return fmt.Errorf("%d notifications of at least %d were sent, and not all answered with 200", sent, n)
		}
		return nil
	})
}
