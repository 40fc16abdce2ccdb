package engine

import (
	"strings"
	"testing"
	"unsafe"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

func TestRecord_NothingThatIsRememberedKeepsTheBodyOfANotification(t *testing.T) {
	h := newHand(t, busyIdle)
	body := strings.Repeat("x", 100) + "fingerprint"
	fingerprint := body[100:]
	for _, resolved := range []bool{false, false, true, false} {
		e := &rules.Event{GroupKey: "g", Alerts: []rules.Alert{{
			Fingerprint: fingerprint, Resolved: resolved, Labels: rules.Labels{label("alertname", "Busy")}, StartsAt: epoch, EndsAt: at("1m"),
		}}}
		r := h.set.Match(e).Refs[0]
		h.state, _ = record(h.set, h.state, r, at("2m"))
		h.keepsNone(t, fingerprint)
		if !resolved && h.state.isRepeat(r) {
			h.state.refresh(r, h.set.AlertTTL, at("3m"))
			h.keepsNone(t, fingerprint)
		}
	}
}

func (h *hand) keepsNone(t *testing.T, fingerprint string) {
	t.Helper()
	for key := range h.state.allAlerts() {
		require.NotSame(t, stringData(fingerprint), stringData(key))
	}
}

func stringData(s string) *byte { return unsafe.StringData(s) }
