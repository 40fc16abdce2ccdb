package engine

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestMatch_NothingThatIsRememberedKeepsTheBodyOfANotification(t *testing.T) {
	w := newHand(t, busyIdle)
	body := strings.Repeat("x", 100) + "fingerprint"
	fingerprint := body[100:]
	for _, resolved := range []bool{false, false, true, false} {
		e := &Event{GroupKey: "g", Alerts: []Alert{{
			Fingerprint: fingerprint, Resolved: resolved, Labels: Labels{{"alertname", "Busy"}}, StartsAt: epoch, EndsAt: at("1m"),
		}}}
		touch := w.target.set.Match(e).Touches[0]
		w.mem, _ = Record(w.target, w.mem, touch, e, at("2m"))
		w.keepsNone(t, fingerprint)
		if !resolved && w.mem.Quiet(touch, e, e.Group()) {
			w.mem.Hear(touch, at("3m"))
			w.keepsNone(t, fingerprint)
		}
	}
}

func (h *hand) keepsNone(t *testing.T, fingerprint string) {
	t.Helper()
	for key := range h.mem.Alerts {
		require.NotSame(t, stringData(fingerprint), stringData(key))
	}
}

func stringData(s string) *byte { return unsafe.StringData(s) }
