package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// growWhileItBurns has a load for eight pods come upon two, which is shared by those that there are. That it is over
// is known in time for the step that would be next.
func growWhileItBurns(t *testing.T, r *recipe) {
	web := r.deployment(t, "web", 2)
	r.faster(t, 1, 5)
	r.retime(t, "alertscale.yml", "repeat: 5s", "repeat: 8s")
	r.share(t, web, 360)
	r.start(t)
	web.Wait(t, 3, patience())
	r.logs(t, "web is busy", "resolved")
	waitActive(t, r.Alertscale, r.ref("Deployment", "web"))
	r.counts(t, web, 2, 4, 6, 8)
	r.asThePageSays(t)
}

// backToNormal has a load for six pods come upon three, and go.
func backToNormal(t *testing.T, r *recipe) {
	web := r.deployment(t, "web", 3)
	r.faster(t, 1, 4)
	load := r.share(t, web, 240)
	r.start(t)
	web.Wait(t, 1, patience())
	load.set(60)
	r.counts(t, web, 3, 6, 4, 3)
	r.asThePageSays(t)
}

// floorOfAnHPA has the controller of the autoscaler raise the Deployment. A rule on the Deployment itself, which the
// page has not, is refused.
func floorOfAnHPA(t *testing.T, r *recipe) {
	web := r.deployment(t, "web", 2)
	cluster.Client.Apply(t, hpa(r.namespace, "web", 8))
	floor := cluster.Client.WatchField(t, stack.Object{Kind: "HorizontalPodAutoscaler", Namespace: r.namespace, Name: "web"}, "spec", "minReplicas")
	r.faster(t, 1, 2)
	load := r.share(t, web, 240)
	r.files["alertscale.yml"] = shipped.Replace(t, r.files["alertscale.yml"],
		"targets:\n", "targets:\n  web: {driver: kubernetes, kind: Deployment, namespace: "+r.namespace+", name: web, max: 8}\n",
		"rules:\n", "rules:\n  - {name: web itself, matchers: ['alertname=\"WebBusy\"'], target: web, up: 4}\n")
	r.start(t)
	require.Contains(t, r.logs(t, "web itself", "owned"), "HorizontalPodAutoscaler web keeps the count between 2 and 8")
	web.Wait(t, 1, patience())
	load.set(60)
	r.counts(t, floor, 2, 6, 4, 2)
	require.Equal(t, []int{2, 6}, web.Values())
	t.Logf("the Deployment: %s", web.Changes()[0].At.UTC().Format(time.TimeOnly))
	r.asThePageSays(t, "web itself")
}

// businessHours begins in the midst of a day, which is over with one of the next minutes.
func businessHours(t *testing.T, r *recipe) {
	web := r.deployment(t, "web", 4)
	r.faster(t, 2, 3)
	r.retime(t, "rules.conf", "for: 15s", "for: 5s")
	r.retime(t, "alertscale.yml", "repeat: 30s", "repeat: 2m")
	now := time.Now()
	text := r.files["alertscale.yml"]
	r.files["alertscale.yml"] = openHours(t, text, now, now.Add(24*time.Hour-2*time.Minute))
	r.exporter.Set(inFlight, 60)
	r.start(t)
	web.Wait(t, 1, patience())
	r.exporter.Set(inFlight, 5)
	r.logs(t, "web is idle", "muted")
	require.Equal(t, []int{4, 8}, web.Values())

	end := time.Now().Add(63 * time.Second).Truncate(time.Minute)
	r.WriteConfig(t, r.moved(t, openHours(t, text, now, end)))
	web.Wait(t, 2, patience()+time.Minute)
	require.False(t, time.Now().Before(end))
	r.exporter.Set(inFlight, 60)
	r.counts(t, web, 4, 8, 7, 8)
	r.asThePageSays(t)
}

// openHours returns the file of the page whose business hours are from one time to another, at most a day, and on any day.
func openHours(t *testing.T, text string, from, to time.Time) string {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	start, end := from.In(berlin).Format("15:04"), to.In(berlin).Format("15:04")
	hours := fmt.Sprintf("[{start_time: '%s', end_time: '%s'}]", start, end)
	if end <= start { // past midnight
		hours = fmt.Sprintf("[{start_time: '%s', end_time: '24:00'}, {start_time: '00:00', end_time: '%s'}]", start, end)
		hours = strings.Replace(hours, ", {start_time: '00:00', end_time: '00:00'}", "", 1)
	}
	return shipped.Replace(t, text, "        times: [{start_time: '08:00', end_time: '18:00'}]", "        times: "+hours,
		"['monday:friday']", "['sunday:saturday']")
}

// holdDuringADeployment has a rollout of four pods, of which one is new, and then all are.
func holdDuringADeployment(t *testing.T, r *recipe) {
	web := r.deployment(t, "web", 3)
	updated := `kube_deployment_status_replicas_updated{namespace="shop",deployment="web"}`
	r.exporter.Set(`kube_deployment_status_replicas{namespace="shop",deployment="web"}`, 4)
	r.exporter.Set(`kube_deployment_status_condition{namespace="shop",deployment="web",condition="Progressing",status="false"}`, 0)
	r.exporter.Set(updated, 1)
	r.faster(t, 2, 2)
	load := r.share(t, web, 90)
	r.start(t)
	waitActive(t, r.Alertscale, r.ref("Deployment", "web"), "web is being deployed")
	load.set(210)
	r.logs(t, "web is busy", "held")
	time.Sleep(quiet)
	require.Equal(t, []int{3}, web.Values())
	r.exporter.Set(updated, 4)
	r.counts(t, web, 3, 5)
	r.asThePageSays(t)
}

// lengthOfAQueue has a queue grow twice, and shrink.
func lengthOfAQueue(t *testing.T, r *recipe) {
	mailer := r.deployment(t, "mailer", 1)
	r.faster(t, 0, 2)
	ready := `rabbitmq_queue_messages_ready{namespace="shop",queue="mail"}`
	r.exporter.Set(ready, 250)
	r.start(t)
	for i, length := range []float64{600, 90} {
		mailer.Wait(t, i+1, patience())
		r.exporter.Set(ready, length)
	}
	r.counts(t, mailer, 1, 5, 12, 2)
	r.asThePageSays(t)
}

// fromZeroAndBack has work come for a while.
func fromZeroAndBack(t *testing.T, r *recipe) {
	reporter := r.deployment(t, "reporter", 0)
	r.faster(t, 1, 2)
	r.retime(t, "rules.conf", "for: 15s", "for: 5s")
	queue := func(ready, all float64) {
		r.exporter.Set(`rabbitmq_queue_messages_ready{namespace="shop",queue="reports"}`, ready)
		r.exporter.Set(`rabbitmq_queue_messages{namespace="shop",queue="reports"}`, all)
	}
	queue(0, 0)
	r.start(t)
	waitActive(t, r.Alertscale, r.ref("Deployment", "reporter"), "reports are done")
	queue(7, 7)
	reporter.Wait(t, 1, patience())
	queue(0, 2)
	r.logs(t, "reports are waiting", "resolved")
	queue(0, 0)
	r.counts(t, reporter, 0, 3, 0)
	r.asThePageSays(t)
}

// onlyWhatOptedIn has two Deployments that are busy, of which one says its own bounds, twice.
func onlyWhatOptedIn(t *testing.T, r *recipe) {
	web, cart := r.deployment(t, "web", 2), r.deployment(t, "cart", 3)
	cluster.Client.Patch(t, deployment(r.namespace, "web"), map[string]any{"metadata": map[string]any{
		"annotations": map[string]any{"alertscale.min": "2", "alertscale.max": "5"},
	}})
	busy := func(app string, requests float64) {
		r.exporter.Set(fmt.Sprintf("http_requests_in_flight{namespace=%q,app=%q,pod=\"%s-0\"}", r.namespace, app, app), requests)
	}
	r.faster(t, 1, 2)
	busy("cart", 90)
	busy("web", 10)
	r.start(t)
	r.logs(t, "app is busy", "rejected")
	busy("web", 90)
	web.Wait(t, 1, patience())
	busy("web", 10)
	r.logs(t, "app is busy", "resolved")
	busy("web", 90)
	r.counts(t, web, 2, 4, 5)
	require.Equal(t, []int{3}, cart.Values())
	r.asThePageSays(t)
}
