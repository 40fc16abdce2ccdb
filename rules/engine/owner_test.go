package engine

import (
	"fmt"
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// anyTarget is a file with a templated target, whose refs tests write as kubernetes:Deployment/shop/web.
const anyTarget = `
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
`

const anyBusy = `
rules:
  - {name: busy, matchers: [alertname=Busy], target: any, up: 1}
`

const shopWeb = "kubernetes:Deployment/shop/web"

func busyOf(namespace, deployment string) *spoken {
	return firing("Busy").with("namespace", namespace).with("deployment", deployment)
}

func TestOwner_ATemplatedTargetIsAFamily(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	a := w.post("0s", busyOf("shop", "web"), busyOf("shop", "cart"), busyOf("shop", "web").with("pod", "b"))
	require.Len(t, a.all, 2)
	require.Equal(t, shopWeb, a.all[0].Ref)
	w.has(4, shopWeb).has(4, "kubernetes:Deployment/shop/cart")
	// An alert that leaves one ref while another one is told of suspends it there.
	w.silenced("10m", busyOf("shop", "cart"))
	w.until("20m")
	require.Zero(t, w.stateOf(shopWeb).firing("busy"))
}

func TestOwner_AMissingLabelIsRejectedForThatAlert(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	a := w.post("0s", firing("Busy").with("namespace", "shop"), busyOf("shop", "web"), busyOf("", "web"), busyOf("a/b", "web"),
		firing("Busy").with("namespace", "shop").with("pod", "b"))
	require.Len(t, a.all, 4)
	require.Equal(t, Scaled, a.all[0].Verdict)
	for i, why := range []string{
		`name: label "deployment" is missing or empty`,
		`namespace: label "namespace" is missing or empty`,
		`namespace: "a/b" has "/" in it, which no part of a ref may have`,
	} {
		require.Equal(t, Decision{Target: "any", Rule: "busy", Verdict: Rejected, Why: []string{why}}, a.all[1+i])
	}
}

func TestOwner_WhatNoPartOfARefMayHave(t *testing.T) {
	for _, name := range []string{"a/b", "a#b", "a:b", "a b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u3000b"} {
		m := newSet(t, anyTarget+anyBusy).Match(&rules.Event{Alerts: []rules.Alert{busyOf("shop", name).Alert}})
		require.Empty(t, m.Refs, name)
		require.Len(t, m.Broken, 1, name)
	}
}

const fixedAndAny = `
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 4}
rules:
  - {name: busy, matchers: [alertname=Busy], target: any, up: 5}
  - {name: web busy, matchers: [alertname=Busy, deployment=web], target: web, up: 1}
`

func TestOwner_AFixedTargetsOptionsHoldForTheRulesOfBoth(t *testing.T) {
	w := newWorld(t, fixedAndAny, 3)
	a := w.post("0s", busyOf("shop", "web"))
	require.Len(t, a.all, 1)
	a.is(Scaled, 3, 4).by("busy").because("max 4: 8 → 4")
	require.Equal(t, "web", a.all[0].Target)
	require.Equal(t, []string{"busy", "web busy"}, w.state().known(fp(busyOf("shop", "web"))).Rules)
}

func TestOwner_AFixedTargetThatComesTakesOver(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.reload("10m", fixedAndAny)
	w.post("11m", busyOf("shop", "web")).is(Duplicate, 4, 4) // a rule more: not new
	require.Equal(t, "web", w.state().Target)
	require.Contains(t, w.state().plain().Episodes, "web busy")
	w.reload("20m", anyTarget+anyBusy) // and goes
	require.Equal(t, "any", w.state().Target)
	require.Contains(t, w.state().plain().Episodes, "busy", "the rule still acts on this ref")
	w.post("21m", busyOf("shop", "web")).is(Duplicate, 4, 4)
}

const twoTemplated = `
targets:
  b: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
  a: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.workload }}', max: 10}
rules:
  - {name: busy b, matchers: [alertname=Busy], target: b, up: 1}
  - {name: busy a, matchers: [alertname=Load], target: a, up: 2}
`

func loadOf(namespace, workload string) *spoken {
	return firing("Load").with("namespace", namespace).with("workload", workload)
}

const disowned = shopWeb + ` belongs to target "a", whose name sorts first`

func TestOwner_OfTwoTemplatedOnesTheFirstNameKeepsTheRef(t *testing.T) {
	w := newWorld(t, twoTemplated, 0)
	w.post("0s", loadOf("shop", "web"), in("l")).is(Scaled, 3, 5)
	a := w.post("10m", busyOf("shop", "web"))
	require.Len(t, a.all, 1)
	require.Equal(t, Decision{Ref: shopWeb, Target: "b", Rule: "busy b", Verdict: Rejected, Why: []string{disowned}}, a.all[0])
	require.NotContains(t, w.state().plain().Episodes, "busy b")
	w.until("2h").has(5)
}

func TestOwner_TheFirstNameTakesTheRefWhereTheOtherWasThereFirst(t *testing.T) {
	w := newWorld(t, twoTemplated, 0)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.post("10m", loadOf("shop", "web"), in("l")).is(Scaled, 4, 6)
	require.NotContains(t, w.state().plain().Episodes, "busy b", "its episodes there end")
	w.post("20m", busyOf("shop", "web")).verdict(Rejected)
	w.until("2h").has(6)
}

func TestOwner_TwoTemplatedOnesThatMeetInOneNotification(t *testing.T) {
	for name, alerts := range map[string][]said{
		"first":  {loadOf("shop", "web"), busyOf("shop", "web")},
		"second": {busyOf("shop", "web"), loadOf("shop", "web")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, twoTemplated, 0)
			a := w.post("0s", alerts...).is(Scaled, 3, 5).by("busy a")
			require.Len(t, a.all, 2)
			require.Equal(t, []string{disowned}, a.all[1].Why)
		})
	}
}

func TestOwner_ARenamedRuleDoesNotStepAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("10m", web+rule("web is busy", "Busy", "up: 2"))
	w.post("11m", firing("Busy")).is(Duplicate, 5, 5)
	require.NotContains(t, w.state().plain().Episodes, "busy")
	require.Contains(t, w.state().plain().Episodes, "web is busy")
	w.post("12m", firing("Busy").with("pod", "b").since("12m"), firing("Busy")).is(Duplicate, 5, 5)
	w.post("20m", resolved("Busy", "20m").with("pod", "b"), resolved("Busy", "20m")).verdict(Ended).by("web is busy")
	w.post("30m", firing("Busy").since("30m")).is(Scaled, 5, 7)
}

func TestOwner_ARuleThatIsGoneEndsItsEpisodeNotByAResolve(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("10m", web+rule("calm", "Busy", "down: 1, when: resolved"))
	require.Empty(t, w.state().plain().Episodes)
	w.until("1h").has(5)
}

func TestOwner_ARuleWhoseTargetIsAnotherRefBeginsThere(t *testing.T) {
	shop := `
targets:
  web: {driver: sim, name: web, max: 20}
  cart: {driver: sim, name: cart, max: 20}
rules:
`
	w := newWorld(t, shop+rule("busy", "Busy", "up: 2"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("10m", shop+"  - {name: busy, matchers: [alertname=Busy], target: cart, up: 2}\n")
	require.Empty(t, w.stateOf("sim:web").plain().Episodes)
	w.post("11m", firing("Busy")).is(Scaled, 3, 5)
	w.has(5, "sim:web").has(5, "sim:cart")
	w.reload("20m", shop+rule("busy", "Busy", "up: 2")) // and back: web knew this alert
	w.post("21m", firing("Busy")).is(Duplicate, 5, 5)
}

func TestOwner_ATargetThatIsGoneActsOnNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10s", firing("Busy"), firing("Idle")).verdict(Held)
	w.reload("20s", "targets: {cart: {driver: sim, name: cart, max: 4}}\nrules: []\n")
	require.Empty(t, w.stateOf("sim:web").plain().Episodes)
	w.until("160h").has(5, "sim:web")
	w.forgot()
}

func TestOwner_ARenamedTargetKeepsWhatItsRulesKnow(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.post("10s", resolved("Busy", "10s").with("namespace", "shop").with("deployment", "web"))
	w.post("20s", busyOf("shop", "web").since("20s")).verdict(Cooling)
	w.reload("30s", `
targets:
  all: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
rules:
  - {name: busy, matchers: [alertname=Busy], target: all, up: 1}
`)
	w.until("1m").has(5)
}

func fp(s *spoken) string {
	var e rules.Event
	s.add(&e)
	return e.Alerts[0].Fingerprint
}

func TestOwner_ARenamedRuleDoesNotStepAgainForAnAlertThatIsTakenBack(t *testing.T) {
	for name, back := range map[string]string{"at once": "16m", "later": "12m"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy")).is(Scaled, 3, 5)
			w.post("10m", resolved("Busy", "10m"))
			w.reload("11m", web+rule("web is busy", "Busy", "up: 2"))
			w.post(back, firing("Busy")).is(Duplicate, 5, 5)
			w.until("30m").has(5)
			require.Positive(t, w.state().firing("web is busy"))
			w.until("3h").has(5)
		})
	}
}

func TestOwner_ARuleThatMatchesNoMoreEndsItsEpisodeNotByAResolve(t *testing.T) {
	calm := "  - {name: calm, matchers: [alertname=Busy, severity%s], target: web, down: 1, when: resolved}\n"
	file := func(op string) string { return web + rule("busy", "Busy", "up: 2") + fmt.Sprintf(calm, op) }
	w := newWorld(t, file("=page"), 3)
	w.post("0s", firing("Busy").with("severity", "page")).is(Scaled, 3, 5)
	w.reload("10m", file("=ticket"))
	require.Contains(t, w.state().plain().Episodes, "calm")
	w.post("11m", firing("Busy").with("severity", "page")).is(Duplicate, 5, 5)
	require.NotContains(t, w.state().plain().Episodes, "calm")
	w.post("20m", resolved("Busy", "20m").with("severity", "page")).verdict(Ended)
	w.until("2h").has(5)
}

func TestOwner_AnAlertThatIsTakenBackUnderRulesThatAreGone(t *testing.T) {
	renamed := web + rule("web is busy", "Busy", "up: 2")
	t.Run("heard before: it is not new to the renamed rule", func(t *testing.T) {
		w := newWorld(t, busyIdle, 3)
		w.post("0s", firing("Busy")).is(Scaled, 3, 5)
		w.post("10m", resolved("Busy", "10m"))
		w.post("11m", firing("Busy"))
		w.reload("12m", renamed)
		w.until("20m")
		w.post("21m", firing("Busy")).is(Duplicate, 5, 5)
		w.until("2h").has(5)
	})
	t.Run("not heard before: it is new", func(t *testing.T) {
		w := newWorld(t, busyIdle, 3)
		w.post("10m", resolved("Busy", "10m"))
		w.post("11m", firing("Busy"))
		w.reload("12m", renamed)
		w.until("20m").has(3)
		w.post("21m", firing("Busy")).is(Scaled, 3, 5)
	})
}
