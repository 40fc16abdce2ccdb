package engine

import (
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// What other receivers of alerts are known to get wrong.

func TestTrap_AResolvedNotificationScalesAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m")).is(Ended, 5, 5)
	w.until("1h").has(5)
}

func TestTrap_AFailedTargetRepeatsTheOthers(t *testing.T) {
	text := `
targets:
  web: {driver: sim, name: web, max: 20}
  cart: {driver: sim, name: cart, max: 20}
rules:
  - {name: web, matchers: [alertname=Busy], target: web, up: 2}
  - {name: cart, matchers: [alertname=Busy], target: cart, up: 2}
`
	w := newWorld(t, text, 3)
	w.fails(busy)
	a := w.post("0s", firing("Busy"))
	require.Equal(t, []Verdict{Failed, Scaled}, []Verdict{a.all[0].Verdict, a.all[1].Verdict})
	a = w.post("100ms", firing("Busy")) // sent again, for the 503
	require.Equal(t, []Verdict{Scaled, Duplicate}, []Verdict{a.all[0].Verdict, a.all[1].Verdict})
	w.until("1h").has(5, "sim:web").has(5, "sim:cart")
}

func TestTrap_NothingToDoIsAFailure(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, max: 10}}\nrules:\n" + rule("busy", "Busy", "up: 2")
	w := newWorld(t, text, 9)
	w.post("0s", firing("Busy")).is(Scaled, 9, 10) // 9 by 2 reaches 10
	w.post("1m", resolved("Busy", "1m"))
	w.post("2m", firing("Busy").since("2m")).is(AtBound, 10, 10)
}

func TestTrap_AnAlertThatJoinsAGroupStepsTheOthersAgain(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	a := w.post("5m", busyOf("shop", "web"), busyOf("shop", "cart").since("5m"))
	require.Equal(t, []Verdict{Duplicate, Scaled}, []Verdict{a.all[0].Verdict, a.all[1].Verdict})
	w.until("1h").has(4, shopWeb).has(4, "kubernetes:Deployment/shop/cart")
}

func TestTrap_GrowthDependsOnRepeats(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	for range 100 {
		w.untilTime(w.now.Add(30 * time.Second))
		w.send(&rules.Event{Receiver: "alertscale", GroupKey: "g", Alerts: alertsOf(firing("Busy"))})
	}
	w.has(5)
	w = newWorld(t, web+rule("busy", "Busy", "up: 2, repeat: 2m"), 3) // a rule says that it is to grow on
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("4m").has(9)
}

func TestTrap_ALoneResolveNeverComes(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	// Neither a resolve of it nor a word: an alert of its own takes it down once the group leaves it out.
	w.post("20m", firing("Idle").since("19m")).is(Held, 12, 12)
	w.until("29m59s").has(12)
	w.until("30m").has(11)
	// And one that nobody had told of calls nothing.
	w.post("31m", resolved("Busy", "29m").with("pod", "b")).verdict(Duplicate)
	w.until("1h").has(11)
}

func TestTrap_AlertsAreKeyedByNameOrByTheirGroup(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	w.post("0s", busyOf("shop", "web"), busyOf("blog", "web"))
	w.has(4, shopWeb).has(4, "kubernetes:Deployment/blog/web")
	// The group fires, and one of its alerts is resolved.
	a := w.post("10m", busyOf("shop", "web"), func() said {
		s := busyOf("blog", "web")
		s.Resolved, s.EndsAt = true, at("10m")
		return s
	}())
	require.Equal(t, []Verdict{Duplicate, Ended}, []Verdict{a.all[0].Verdict, a.all[1].Verdict})
}

func TestTrap_ATruncatedNotificationIsTakenForAll(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle"), truncated(1), in("h")).verdict(Held)
	w.until("1h").has(12)
}

func TestTrap_VolatileLabelsMakeNewAlerts(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy").with("value", "81")).is(Scaled, 3, 5)
	w.post("5m", resolved("Busy", "5m").with("value", "81"), firing("Busy").with("value", "92").since("5m")).is(Duplicate, 5, 5)
	w.post("10m", firing("Busy").with("value", "95").since("10m")).is(Duplicate, 5, 5) // the other one is left out
	w.until("1h").has(5)
}

func TestTrap_TwoAlertmanagersDoubleTheAction(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("0s", firing("Busy")).is(Duplicate, 5, 5)
	w.post("10m", resolved("Busy", "10m")).verdict(Ended)
	w.post("10m", resolved("Busy", "10m")).verdict(Duplicate)
	w.until("1h").has(5)
}

func TestTrap_StateIsLostOnRestart(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.crash()
	w.post("10s", firing("Busy")).is(Duplicate, 5, 5)
	w.until("1h").has(5)
}

func TestTrap_DownUndoesUp(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 3, 5)
	w.post("30s", firing("Idle")).verdict(Held)
	w.until("3h").has(5) // one cooldown for each direction, and a hold while it is busy
}

func TestTrap_ScalingFromZeroLosesTheAlert(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, min: 0, max: 10}}\nrules:\n" + rule("busy", "Busy", "up: 50%")
	newWorld(t, text, 0).post("0s", firing("Busy")).is(Scaled, 0, 1)
}

func TestTrap_SomebodySwitchedItOff(t *testing.T) {
	newWorld(t, busyIdle, 0).post("0s", firing("Busy")).is(Disabled, 0, 0)
}

func TestTrap_NobodyKnowsWhyItScaled(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 50%"), 16)
	a := w.post("0s", firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")).is(Scaled, 16, 20)
	require.Equal(t, []string{"2 alerts fire", "up 50%: 16 → 24", "max 20: 24 → 20"}, a.all[0].Why)
}

func alertsOf(all ...*spoken) []rules.Alert {
	var e rules.Event
	for _, s := range all {
		s.add(&e)
	}
	return e.Alerts
}
