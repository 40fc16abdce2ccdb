package kubernetes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func decided(ref rules.Ref, v engine.Verdict, from, to int, why ...string) controller.DecisionRecord {
	return controller.DecisionRecord{Decision: engine.Decision{Ref: ref.String(), Rule: "busy", Verdict: v, From: &from, To: &to, Why: why}}
}

// waitTold waits for so many Events.
func (o *owning) waitTold(n int) map[string]corev1.Event {
	o.Helper()
	require.Eventually(o, func() bool { return len(o.fake.told()) >= n }, 10*time.Second, time.Millisecond)
	all := o.fake.told()
	require.Len(o, all, n)
	return all
}

func TestEvent_OfEachChangeAndRefusal(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	newHPA(f, "web", `"minReplicas":2,"maxReplicas":10`)
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	require.Empty(t, o.owner(floor("web")))
	for _, d := range []controller.DecisionRecord{
		decided(deployment("web"), engine.Scaled, 3, 5, "1 alert fires", "up 2: 3 → 5"),
		decided(deployment("web"), engine.DryRun, 5, 7, "up 2: 5 → 7"),
		decided(deployment("web"), engine.Owned, 5, 5, "owned: by somebody"),
		decided(deployment("web"), engine.AtBound, 20, 20, "max 20: 22 → 20"),
		decided(floor("web"), engine.Scaled, 2, 4, "up 2: 2 → 4"),
		{Decision: engine.Decision{Ref: deployment("web").String(), Rule: "busy", Verdict: engine.Failed, Why: []string{"no answer"}}},

		decided(deployment("web"), engine.Duplicate, 5, 5),
		decided(deployment("web"), engine.Cooling, 5, 5),
		decided(deployment("web"), engine.Held, 5, 5),
		decided(deployment("web"), engine.Ended, 5, 5),
		decided(deployment("nobody"), engine.DryRun, 3, 5, "it was never read"),
	} {
		o.driver.Record(d)
	}
	all := o.waitTold(6)
	for message, want := range map[string]string{
		`the count: 3 → 5 by rule "busy": 1 alert fires; up 2: 3 → 5`: "Normal Scaled",
		`the count would go 5 → 7 by rule "busy": up 2: 5 → 7`:        "Normal DryRun",
		`the count stays 5, rule "busy": owned: by somebody`:          "Warning Owned",
		`the count stays 20, rule "busy": max 20: 22 → 20`:            "Warning AtBound",
		`/spec/minReplicas: 2 → 4 by rule "busy": up 2: 2 → 4`:        "Normal Scaled",
		`the count is not changed by rule "busy": no answer`:          "Warning Failed",
	} {
		e := all[message]
		require.Equal(t, want, e.Type+" "+e.Reason, message)
		require.Equal(t, "alertscale", e.Source.Component)
		want := corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", UID: "1dc5a1b9-4f3e-4d0d-a8d8-1f2d4f4b6c11"}
		if strings.HasPrefix(message, "/spec") {
			want.APIVersion, want.Kind, want.UID = "autoscaling/v2", kindHPA, types.UID("uid-of-web")
		}
		require.Equal(t, want, e.InvolvedObject)
	}
}

// An object of no namespace has its Events where Kubernetes has them.
func TestEvent_OfAClusterScopedObject(t *testing.T) {
	f := newFake(t, true)
	o := newOwning(t, f)
	f.put("/apis/example.com/v1/fleets/red", 3)
	red := rules.Ref{Driver: "kubernetes", Kind: "Fleet", Name: "red"}
	require.Empty(t, o.owner(red))
	o.driver.Record(decided(red, engine.Scaled, 3, 4, "why"))
	for _, e := range o.waitTold(1) {
		require.Equal(t, "default", e.Namespace)
		require.Equal(t, "example.com/v1 Fleet red", e.InvolvedObject.APIVersion+" "+e.InvolvedObject.Kind+" "+e.InvolvedObject.Name)
	}
}

// What is alike is one Event, and a flood of them ends.
func TestEvent_AggregatedAndBounded(t *testing.T) {
	f := newFake(t, true)
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	for range 5 {
		o.driver.Record(decided(deployment("web"), engine.Failed, 3, 3, "no answer"))
	}
	require.Eventually(t, func() bool {
		all := f.told()
		return len(all) == 1 && all[`the count stays 3, rule "busy": no answer`].Count == 5
	}, 10*time.Second, time.Millisecond)

	for i := range 5000 {
		o.driver.Record(decided(deployment("web"), engine.Scaled, i, i+1, fmt.Sprint("step ", i)))
	}
	f.put(deploymentPath("cart"), 1)
	require.Empty(t, o.owner(deployment("cart")))
	require.Eventually(t, func() bool {
		o.driver.Record(decided(deployment("cart"), engine.Scaled, 1, 2, "last"))
		_, ok := f.told()[`the count: 1 → 2 by rule "busy": last`]
		return ok
	}, 10*time.Second, 10*time.Millisecond)
	f.with(func() { require.LessOrEqual(t, f.written, 60) })
}

// Who may not write Events is told so once. Nothing is tried again, and nobody waits.
func TestEvent_Forbidden(t *testing.T) {
	f := newFake(t, true)
	f.with(func() { f.noEvents = answering(403, 0) })
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	for i := range 3 {
		o.driver.Record(decided(deployment("web"), engine.Scaled, i, i+1, "why"))
	}
	require.Eventually(t, func() (sent bool) {
		f.with(func() { sent = f.written == 3 })
		return sent
	}, 10*time.Second, time.Millisecond)
	o.logs(`no Events are written of what is scaled: the role must grant create and patch on events`)
	require.Equal(t, 1, strings.Count(o.log.String(), "no Events"))
}

func TestEvent_NotWanted(t *testing.T) {
	f := newFake(t, true)
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	o.driver.silent = true
	o.driver.Record(decided(deployment("web"), engine.Scaled, 3, 4, "one"))
	f.put(deploymentPath("cart"), 1)
	require.Empty(t, o.owner(deployment("cart")))
	require.Equal(t, 1, o.driver.session.events.seen.Len())
	o.driver.silent = false
	o.driver.Record(decided(deployment("web"), engine.Scaled, 4, 5, "two"))
	require.Contains(t, o.waitTold(1), `the count: 4 → 5 by rule "busy": two`)
}

// An object that is gone has no more Events.
func TestEvent_OfAnObjectThatIsGone(t *testing.T) {
	f := newFake(t, true)
	o := newOwning(t, f)
	f.put(deploymentPath("cart"), 3)
	require.Empty(t, o.owner(deployment("cart")))
	require.Empty(t, o.owner(deployment("web")))
	f.with(func() { delete(f.objects, deploymentPath("cart")) })
	_, err := o.driver.Observe(t.Context(), deployment("cart"))
	require.Error(t, err)
	o.driver.Record(decided(deployment("cart"), engine.Rejected, 3, 3, "not found"))
	o.driver.Record(decided(deployment("web"), engine.Scaled, 3, 4, "why"))
	require.Contains(t, o.waitTold(1), `the count: 3 → 4 by rule "busy": why`)
}

func TestEvent_NamesTheAlert(t *testing.T) {
	d := decided(deployment("web"), engine.Scaled, 3, 4, "why")
	busy := engine.NamedAlert{Labels: rules.Labels{{Name: "alertname", Value: "Busy"}}, Fingerprint: "872e0084ec0bbf05"}
	d.Alerts = []engine.NamedAlert{busy}
	require.Equal(t, `the count: 3 → 4 by rule "busy": why; for {alertname="Busy"} fingerprint=872e0084ec0bbf05`, message(readRef(d.Ref), d))
	d.Alerts, d.More = []engine.NamedAlert{busy, busy}, 3
	require.Equal(t, `the count: 3 → 4 by rule "busy": why; for {alertname="Busy"} fingerprint=872e0084ec0bbf05 and 4 more`, message(readRef(d.Ref), d))
	d.Alerts, d.More = []engine.NamedAlert{{Labels: busy.Labels}}, 0 // one that could not be taken
	require.Equal(t, `the count: 3 → 4 by rule "busy": why; for {alertname="Busy"}`, message(readRef(d.Ref), d))
}

func TestEvent_ALongWhy(t *testing.T) {
	d := decided(deployment("web"), engine.Scaled, 3, 4, strings.Repeat("ä", 5000))
	text := message(readRef(d.Ref), d)
	require.LessOrEqual(t, len(text), 1024)
	require.True(t, strings.HasSuffix(text, "…"))
}
