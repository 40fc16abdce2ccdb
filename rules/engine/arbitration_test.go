package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArbitration_UpBeatsDown(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	a := w.post("0s", firing("Idle"), firing("Busy")).is(Scaled, 10, 12).by("busy")
	a.because(`"idle" waits: held while "busy" is active, which goes up`)
	require.Len(t, a.all, 1)
}

func TestArbitration_TheLargerCountWinsAndServesTheOthers(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "up: 1")+rule("b", "B", "up: 50%")+rule("c", "C", "up: 3"), 4)
	w.post("0s", firing("A"), firing("B"), firing("C")).is(Scaled, 4, 7).by("c").
		because(`"a" is served by this: up 1: 4 → 5`).because(`"b" is served by this: up 50%: 4 → 6`)
	require.False(t, w.state().open())
	w.until("1h").has(7)
}

func TestArbitration_OfCallsDownTheLargerCountWinsToo(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "down: 1")+rule("b", "B", "down: 50%"), 10)
	w.post("0s", firing("A"), firing("B")).is(Scaled, 10, 9).by("a")
	w.until("1h").has(9)
}

func TestArbitration_ASetThatLostStaysOpen(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "down: 1")+rule("b", "B", "set: 5"), 10)
	w.post("0s", firing("A"), firing("B")).is(Scaled, 10, 9).by("a")
	w.until("4m59s").has(9)
	w.until("5m").has(5)
	w.until("1h").has(5)
}

func TestArbitration_ASetThatLostIsServedWhenTheCountIsPastIt(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "down: 1")+rule("b", "B", "set: 5"), 10)
	w.post("0s", firing("A"), firing("B")).is(Scaled, 10, 9).by("a")
	w.somebody("1m", 4) // seen from 10, that is past 5: it asks for no more
	w.until("1h").has(4)
	require.False(t, w.state().open())
}

func TestArbitration_ASetThatLostUpIsServedByTheOneThatWentFurther(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "up: 5")+rule("b", "B", "set: 6"), 3)
	w.post("0s", firing("A"), firing("B")).is(Scaled, 3, 8).by("a")
	require.False(t, w.state().open())
	w.until("1h").has(8)
}

func TestArbitration_ASetThatAsksForWhatThereIsIsServed(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "set: 5"), 5)
	w.post("0s", firing("A")).is(Duplicate, 5, 5).because("set: 5 → 5")
	require.False(t, w.state().open())
	w.somebody("1m", 9)
	w.until("1h").has(9) // it was served
}

func TestArbitration_ASetBesideAnUpThatWins(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "up: 1")+rule("b", "B", "set: 5"), 5)
	w.post("0s", firing("A"), firing("B")).is(Scaled, 5, 6).by("a").because(`"b" asks for what there is`)
}

func TestArbitration_DownWaitsWhileARuleThatGoesUpIsActive(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle")).is(Held, 12, 12).because(`held while "busy" is active, which goes up`)
	w.until("3h").has(12)
	w.post("3h", resolved("Busy", "3h"), in("h")).is(Scaled, 12, 11).by("idle")
}

func TestArbitration_ASetHoldsDownWhileItAsksForAtLeastThePresentCount(t *testing.T) {
	w := newWorld(t, web+rule("want", "Want", "set: 8")+rule("idle", "Idle", "down: 1"), 5)
	w.post("0s", firing("Want"), in("h")).is(Scaled, 5, 8)
	w.post("10m", firing("Idle")).is(Held, 8, 8)
	w.somebody("11m30s", 12) // the set asks for less than that
	w.until("13m").has(11)
	w.post("20m", resolved("Idle", "20m"))
}

func TestArbitration_ASetThatGoesDownHoldsNobodyAndIsHeld(t *testing.T) {
	w := newWorld(t, web+rule("want", "Want", "set: 4")+rule("busy", "Busy", "up: 1"), 6)
	w.post("0s", firing("Want"), firing("Busy")).is(Scaled, 6, 7).by("busy")
	w.until("1h").has(7)
	w.post("1h", resolved("Busy", "1h"), firing("Want")).is(Scaled, 7, 4).by("want")
}

func TestArbitration_ASetIsNotHeldByItself(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "set: 4")+rule("b", "B", "set: 12"), 6)
	w.post("0s", firing("A")).is(Scaled, 6, 4)
	w.post("10m", firing("A"), firing("B")).is(Scaled, 4, 12)
	w.post("20m", resolved("A", "20m"), firing("B")).verdict(Ended)
	w.post("30m", firing("A").since("30m"), firing("B")).is(Held, 12, 12)
	w.post("40m", resolved("B", "40m"), firing("A").since("30m")).is(Scaled, 12, 4)
}

func TestArbitration_AWhenResolvedRuleHoldsNobodyWhileFiring(t *testing.T) {
	w := newWorld(t, web+rule("back", "Blip", "up: 1, when: resolved")+rule("idle", "Idle", "down: 1"), 10)
	w.post("0s", firing("Blip"), firing("Idle")).is(Scaled, 10, 9).by("idle")
	w.post("10m", resolved("Blip", "10m"), firing("Idle")).is(Scaled, 9, 10).by("back")
}

func TestArbitration_EqualCallsGoByTheOrderOfTheFile(t *testing.T) {
	w := newWorld(t, web+rule("z", "Z", "up: 2")+rule("a", "A", "up: 2"), 10)
	w.post("0s", firing("A"), firing("Z")).is(Scaled, 10, 12).by("z")
}

func TestArbitration_ADryRunRuleWinsOverNobodyAndHoldsNobody(t *testing.T) {
	w := newWorld(t, web+rule("try", "Busy", "up: 5, dry_run: true")+rule("busy", "Busy", "up: 1")+rule("idle", "Idle", "down: 1"), 10)
	a := w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 11).by("busy")
	require.Len(t, a.all, 2)
	require.Equal(t, DryRun, a.all[1].Verdict)
	require.Equal(t, "try", a.all[1].Rule)
	require.Equal(t, []int{10, 15}, []int{*a.all[1].From, *a.all[1].To})
	w.post("10m", resolved("Busy", "10m"), in("h"))
	w.post("20m", firing("Busy").since("20m"), in("h")).is(Scaled, 11, 12)
}

func TestArbitration_ADryRunRuleAlone(t *testing.T) {
	w := newWorld(t, web+rule("try", "Busy", "up: 5, dry_run: true")+rule("idle", "Idle", "down: 1"), 10)
	a := w.post("0s", firing("Busy"), in("h")).is(DryRun, 10, 15)
	require.Len(t, a.all, 1)
	require.False(t, w.state().open())
	require.Nil(t, w.state().Last)
	w.post("1s", firing("Idle")).is(Scaled, 10, 9) // neither a cooldown nor a hold
	w.post("2s", firing("Busy"), in("h")).is(Duplicate, 9, 9)
}

func TestArbitration_ADryRunTargetServesAndStartsNoCooldown(t *testing.T) {
	for name, text := range map[string]string{
		"of the target":  "targets: {web: {driver: sim, name: web, max: 20, dry_run: true}}\nrules:\n" + rule("busy", "Busy", "up: 2"),
		"of the process": "dry_run: true\n" + busyIdle,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, text, 3)
			w.post("0s", firing("Busy")).is(DryRun, 3, 5)
			w.post("1s", firing("Busy")).is(Duplicate, 3, 3)
			w.post("2s", resolved("Busy", "2s"))
			w.post("4s", firing("Busy").since("3s")).is(DryRun, 3, 5)
			require.Nil(t, w.state().Intent)
			require.Nil(t, w.state().Last)
			w.until("1h").has(3)
		})
	}
}
