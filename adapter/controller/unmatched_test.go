package controller_test

import (
	"fmt"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

func TestUnmatchedAlertsAreListed(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		require.Empty(t, w.a.Unmatched())
		odd := firing("Bussy")
		odd.labels = rules.Labels{{Name: "severity", Value: "critical"}}
		w.post(odd, firing("Busy"))
		began := time.Now()
		after(time.Minute)
		w.post(odd)
		all := w.a.Unmatched()
		require.Len(t, all, 1, "one that is told again is one")
		require.Equal(t, "Bussy", all[0].Alert.Labels.Get("alertname"))
		require.Equal(t, began.Add(time.Minute), all[0].At)
		require.Equal(t, "alertscale", all[0].Receiver)
		require.NotEmpty(t, all[0].Group)
		require.NotEmpty(t, all[0].Nearest)
		require.Contains(t, all[0].Why, `does not match "Bussy"`)

		for i := range 300 {
			w.post(firing(fmt.Sprint("Other", i)))
		}
		all = w.a.Unmatched()
		require.Len(t, all, 100)
		require.Equal(t, "Other299", all[0].Alert.Labels.Get("alertname"))
		require.Equal(t, "Other200", all[99].Alert.Labels.Get("alertname"))
	})
}

// One notification with very many of them does not push out what others brought.
func TestOfOneNotificationTenUnmatchedAlertsAreListed(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.post(firing("Lone"))
		var many []alert
		for i := range 1000 {
			many = append(many, firing(fmt.Sprint("Other", i)))
		}
		w.post(many...)
		require.Len(t, w.a.Unmatched(), 11)
	})
}
