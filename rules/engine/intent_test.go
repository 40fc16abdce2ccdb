package engine

import (
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// hand records and decides by hand, for one ref.
type hand struct {
	t      tester
	set    *rules.Set
	target *rules.Target
	state  RefState
}

func newHand(t tester, text string) *hand {
	set := newSet(t, text)
	return &hand{t: t, set: set, target: set.Targets["web"]}
}

func (h *hand) hear(when string, what ...said) {
	h.state, _ = record(h.set, h.state, h.set.Match(telling(what...)).Refs[0], at(when))
}

func (h *hand) decide(when string, count int) decided {
	out := decide(h.set, h.target, h.state, Observed{Count: count}, at(when))
	h.state = out.next
	return out
}

func (h *hand) applied(when string) {
	h.state = h.state.clone()
	h.state.applied(h.set, h.target, at(when))
}

func TestDoing_TheIntentIsThereBeforeTheChangeAndGoneAfterIt(t *testing.T) {
	h := newHand(t, busyIdle)
	h.hear("0s", firing("Busy"))
	out := decide(h.set, h.target, h.state, Observed{Count: 3, Version: "7"}, epoch)
	require.Equal(t, &Change{From: 3, To: 5, Version: "7"}, out.change)
	require.Equal(t, &Intent{At: epoch, From: 3, Attempts: []Attempt{{To: 5, Rule: "busy", Calls: []uint64{1}}}}, out.next.Intent)
	require.True(t, out.changed)
	require.NotNil(t, out.next.episode("busy").Call, "it is not served before it is done")

	h.state = out.next
	h.applied("1s")
	require.Nil(t, h.state.Intent)
	require.Nil(t, h.state.episode("busy").Call)
	require.Equal(t, &LastChange{At: at("1s"), From: 3, To: 5, Rule: "busy"}, h.state.Last)
	require.Equal(t, 5, *h.state.Count)

	out.next.notApplied()
	require.Nil(t, out.next.Intent)
	require.NotNil(t, out.next.episode("busy").Call)
	require.Nil(t, out.next.Last)
}

func TestDoing_AConflictOfTheOnlyAttemptIsAnOutcome(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(overtaken, overtaken)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	require.Len(t, w.only().changes, 1)
	w.fails(overtaken, overtaken, overtaken)
	w.post("10m", resolved("Busy", "10m"))
	w.post("11m", firing("Busy").since("11m")).verdict(Failed)
	require.Nil(t, w.state().Intent)
	w.until("12m").has(7)
}

func TestDoing_FromIsReadSoItIsDecidedAnewUnderTheSameIntent(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost, changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	require.Len(t, w.state().Intent.Attempts, 1)
	w.until("1s")
	require.Len(t, w.state().Intent.Attempts, 2)
	w.until("3s").has(5)
	require.Nil(t, w.state().Intent)
	w.until("1h").has(5)
}

func TestDoing_TheAnswerIsLostSoTheCooldownCountsFromTheRead(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.has(5)
	w.post("500ms", firing("Busy"), firing("Idle")).is(Held, 5, 5).because("cooldown down until 12:05:00")
	require.Nil(t, w.state().Intent)
	require.Equal(t, Scaled, w.log[0].Verdict)
	require.Equal(t, []string{"a change 3 → 5 of unknown outcome: 5 is read, it counts as applied now"}, w.log[0].Why)
	w.until("1h").has(5)
}

func TestDoing_AConflictAfterAnUnknownOutcomeKeepsTheIntent(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLate, overtaken, overtaken, overtaken)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.until("1s")
	require.NotNil(t, w.state().Intent)
	require.Len(t, w.state().Intent.Attempts, 1)
	w.until("1h").has(5)
	require.Len(t, w.only().changes, 1)
}

func TestDoing_AChangeThatLandsLateIsOneStep(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLate)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.fails(changeLost, changeLost, changeLost, changeLost, changeLost, changeLost)
	w.until("59s").has(3)
	w.crash()
	w.until("1h").has(5)
	require.Len(t, w.only().changes, 1)
}

func TestDoing_AChangeThatLandsAfterAnotherAttemptDidNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLate)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.until("1h").has(5) // the second attempt was first; the late one has an old version
	require.Len(t, w.only().changes, 1)
}

func TestDoing_AnythingElseIsReadMayBeSomebodyElses(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.somebody("500ms", 9)
	w.until("1h").has(9) // a step too few, not one too many
	require.Equal(t, []string{"a change 3 → 5 of unknown outcome: 9 is read, it counts as applied now, though it may be somebody else's"},
		w.log[0].Why)
}

func TestDoing_AnAlertThatIsResolvedMeanwhile(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms")).is(Ended, 5, 5) // read to settle it
	w.until("900ms")
	// Should it resume, the call that the resolve dropped was served.
	w.post("6m", firing("Busy")).is(Duplicate, 5, 5)
	w.until("1h").has(5)
}

func TestDoing_AnAlertThatIsResolvedMeanwhileAndTheChangeWasLost(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms"))
	w.until("1h").has(3) // nobody calls any more
	w.post("2h", firing("Busy").since("2h")).is(Scaled, 3, 5)
}

func TestDoing_ANewEpisodeMeanwhileStepsByItself(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms"))
	w.post("800ms", firing("Busy").since("700ms")).verdict(Cooling)
	w.until("1h").has(7)
}

func TestDoing_ANewEpisodeMeanwhileAndTheChangeWasLost(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms"))
	w.post("800ms", firing("Busy").since("700ms")).is(Scaled, 3, 5)
	w.until("1h").has(5)
}

func TestDoing_ASuccessServesOnlyWhatItWasMadeFor(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.fails(changeLost)
	w.post("0s", firing("Idle")).verdict(Failed)
	w.post("500ms", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("1m", resolved("Busy", "1m"), in("h"))
	w.until("1h").has(11) // the call down was not served by the change up
}

func TestDoing_AConflictServesNothing(t *testing.T) {
	h := newHand(t, busyIdle)
	h.hear("0s", firing("Idle"))
	require.NotNil(t, h.decide("0s", 10).change) // 10 → 9, and no answer
	h.hear("5s", firing("Busy"), in("h"))
	require.NotNil(t, h.decide("5s", 10).change) // 10 → 12
	h.state.notApplied()                         // a conflict: the first one has landed
	out := h.decide("5s", 9)
	require.Equal(t, []int{10, 9}, []int{*out.settled.From, *out.settled.To})
	require.Nil(t, h.state.episode("idle").Call)
	require.NotNil(t, h.state.episode("busy").Call, "nothing was done for it")
}

func TestDoing_WhenResolvedThatResumesWhileItsChangeIsUnderWay(t *testing.T) {
	h := newHand(t, web+rule("calm", "Busy", "down: 1, when: resolved"))
	h.hear("0s", firing("Busy"))
	h.hear("10m", resolved("Busy", "10m"))
	require.NotNil(t, h.decide("10m", 5).change) // 5 → 4, and no answer
	h.hear("16m", firing("Busy"))                // the resolve is taken back
	require.False(t, h.state.open())
	again := h.state
	require.NotNil(t, h.decide("17m", 4).settled) // it had landed
	h.hear("18m", resolved("Busy", "18m"))
	require.False(t, h.state.open(), "it is the end that the step was made for")

	h.state = again // or the end comes before the read
	h.hear("18m", resolved("Busy", "18m"))
	require.True(t, h.state.open())
	require.NotNil(t, h.decide("19m", 4).settled)
	require.False(t, h.state.open())

	h.state = again // or it had not landed
	h.hear("18m", resolved("Busy", "18m"))
	require.Equal(t, 4, h.decide("19m", 5).change.To)
	h.applied("19m")
	require.False(t, h.state.open())
}

func TestDoing_AnIntentWithoutACallIsReadForAWhileAndForgotten(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms"))
	w.until("23h59m")
	require.NotNil(t, w.state().Intent)
	w.until("24h1m")
	require.Nil(t, w.state().Intent)
	w.has(3)
}

func TestDoing_AnIntentWhoseTargetIsGoneIsForgotten(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.reload("500ms", "targets: {cart: {driver: sim, name: cart, max: 4}}\nrules: []\n")
	require.NotNil(t, w.stateOf("sim:web").Intent)
	w.until("30h")
	require.Nil(t, w.stateOf("sim:web").Intent)
	w.has(3, "sim:web")
}

func TestDoing_ARefusalForNowIsAnOutcome(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(busy)
	w.post("0s", firing("Busy")).verdict(Failed)
	require.Nil(t, w.state().Intent)
	w.until("10s").has(5)
}
