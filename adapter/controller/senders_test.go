package controller_test

import (
	"strings"
	"testing"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// asking returns a file on the world's driver that has senders.
func (w *world) asking(senders map[string]rules.Scope) *controller.Snapshot {
	file := w.parse(webRules)
	doc, root := yamldoc.Parse("test.yml", []byte(webRules))
	next := *file
	next.Rules = rules.NewSet(rules.SetOptions{
		AlertTTL: file.Rules.AlertTTL, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]rules.RefSchema{"fake": {Connection: "the API"}}, Senders: senders,
	})
	require.NoError(w.t, doc.Err())
	return &next
}

func TestAlertsAreCountedBySender(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		counted := func(want string) {
			t.Helper()
			const head = "# HELP alertscale_sender_alerts_total Alerts received, by the sender and what became of them: matched by rules that it may touch, " +
				"ignored by one at least that it may not, unmatched by any, or refused since they could not be taken.\n# TYPE alertscale_sender_alerts_total counter\n"
			require.NoError(t, testutil.GatherAndCompare(w.reg, strings.NewReader(head+want), "alertscale_sender_alerts_total"))
		}
		w.a.Use(w.asking(map[string]rules.Scope{"prod": nil, "dev": {"other"}}))
		for sender, alerts := range map[string][]alert{"prod": {firing("Busy"), firing("Bussy")}, "dev": {firing("Busy")}} {
			e := event(alerts...)
			e.Sender, e.Refused = sender, []rules.RefusedAlert{{Why: "it is odd"}}
			w.send(e)
		}
		counted(`alertscale_sender_alerts_total{outcome="ignored",sender="dev"} 1
alertscale_sender_alerts_total{outcome="ignored",sender="prod"} 0
alertscale_sender_alerts_total{outcome="matched",sender="dev"} 0
alertscale_sender_alerts_total{outcome="matched",sender="prod"} 1
alertscale_sender_alerts_total{outcome="refused",sender="dev"} 1
alertscale_sender_alerts_total{outcome="refused",sender="prod"} 1
alertscale_sender_alerts_total{outcome="unmatched",sender="dev"} 0
alertscale_sender_alerts_total{outcome="unmatched",sender="prod"} 1
`)
		w.a.Use(w.asking(map[string]rules.Scope{"prod": nil}))
		require.Equal(t, 4, testutil.CollectAndCount(w.reg, "alertscale_sender_alerts_total"), "those of a sender who is gone are, too")
	})
}

func TestASenderWhoIsGoneMeanwhileIsToldToSendAgain(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.a.Use(w.asking(map[string]rules.Scope{"prod": nil}))
		e := event(firing("Busy"))
		e.Sender = "gone"
		d := w.one(w.send(e))
		require.Equal(t, engine.Failed, d.Verdict, "which is answered with 503")
		require.Contains(t, d.Why[0], "send it again")
		require.Zero(t, testutil.CollectAndCount(w.reg, "alertscale_sender_alerts_total")-4)
	})
}
