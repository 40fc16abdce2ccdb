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

// BenchmarkOneMore is one alert more, by itself in its group, on a ref that knows of many: recorded, looked at, and written
// out as what is to be stored.
func BenchmarkOneMore(b *testing.B) {
	for _, alerts := range []int{1, 100, 9_999, 10_000} {
		for _, own := range []bool{false, true} {
			w := newWorld(b, busyIdle, 3)
			c := w.cycle(parseRef("sim:web"))
			for _, e := range crowdOf(alerts, own) {
				w.hearsay(e)
				c.Record(w.set.Match(e).Refs[0], w.now)
			}
			w.pump(c)
			w.until("1h")
			e := telling(firing("Busy").with("pod", "one more"))
			e.GroupKey = "another"
			r := w.set.Match(e).Refs[0]
			b.Run(fmt.Sprintf("alerts=%d/groups=%t", alerts, own), func(b *testing.B) {
				b.ReportAllocs()
				written := 0
				for b.Loop() {
					next, rec := record(w.set, c.state, r, w.now)
					if !rec.changed {
						b.Fatal("nothing new")
					}
					stored, _, err := encodeState(c.ref, &next, c.parts)
					if err != nil {
						b.Fatal(err)
					}
					written += size(stored)
				}
				b.ReportMetric(float64(written)/float64(b.N), "written-B/op")
			})
		}
	}
}

// BenchmarkRestore is one ref at a start: its record is read, and the file becomes the one that it is decided on.
func BenchmarkRestore(b *testing.B) {
	for _, alerts := range []int{1, 20, 2000} {
		w := newWorld(b, busyIdle, 3)
		w.send(crowdOf(alerts, false)[0])
		w.until("1h")
		r := w.store.records["sim:web"]
		b.Run(fmt.Sprintf("alerts=%d", alerts), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size(r)))
			for b.Loop() {
				c, err := RestoreCycle(r, CycleOptions{})
				if err != nil {
					b.Fatal(err)
				}
				c.Use(w.set, Backend{Connected: true})
				if cmd := c.Next(w.now); cmd.Kind != SleepUntil {
					b.Fatal(cmd)
				}
			}
		})
	}
}

// BenchmarkDecide is a decision on a target that has everything, beside one that has nothing.
func BenchmarkDecide(b *testing.B) {
	bare := web + rule("busy", "Busy", "up: 2")
	full := atNoon + `
targets:
  web:
    driver: sim
    name: web
    min: 2
    max: 20
    wait_ready: 5m
    when_owned: override
    restore: {after: 10m, down: 1, every: 1m}
    behavior: {scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 15}, {type: Percent, value: 50, periodSeconds: 60}]}}
rules:
` + rule("busy", "Busy", "up: 2, repeat: 2m, keep_active_for: 5m, active_time_intervals: [noon]") + rule("stop", "Stop", "hold: down") +
		rule("load", "Load", "proportional: {current: '{{ .Annotations.value }}', desired: 70}")
	for name, text := range map[string]string{"bare": bare, "full": full} {
		w := newWorld(b, text, 3)
		c := w.cycle(parseRef("sim:web"))
		e := telling(firing("Busy"))
		if name == "full" {
			e = telling(firing("Busy"), firing("Stop"), firing("Load").note("value", "140"))
		}
		c.Record(w.set.Match(e).Refs[0], w.now)
		seen := Observed{Count: 3, Ready: true}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if decide(w.set, c.target, c.state, seen, w.now).change == nil {
					b.Fatal("nothing is decided")
				}
			}
		})
	}
}
