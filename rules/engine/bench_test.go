package engine

import (
	"fmt"
	"testing"
)

// BenchmarkRepeat is a repeat of a notification for one ref, of which nothing is read and nothing stored.
func BenchmarkRepeat(b *testing.B) {
	for _, alerts := range []int{20, 500, 10_000} {
		w := newWorld(b, busyIdle, 3)
		var all []said
		for i := range alerts {
			all = append(all, firing("Busy").with("pod", fmt.Sprint(i)))
		}
		r := w.set.Match(telling(all...)).Refs[0]
		w.send(telling(all...)).is(Scaled, 3, 5)
		w.until("10s")
		c := w.cycle(r.Ref)
		b.Run(fmt.Sprintf("repeat/alerts=%d", alerts), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !c.Record(r, w.now).Repeat {
					b.Fatal("no repeat")
				}
			}
		})
		b.Run(fmt.Sprintf("record/alerts=%d", alerts), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = record(w.set, c.state, r, w.now)
			}
		})
	}
}
