package backtest

import (
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// TestFiring: looks each 15 s at an alert, each as its time and that of the evaluation that it shows.
func TestFiring(t *testing.T) {
	type look struct{ at, evaluated string }
	for name, c := range map[string]struct {
		step  time.Duration
		looks []look
		last  string
		want  []string // start, when it comes, end
	}{
		"it goes on":                         {looks: []look{{"15s", "13s"}, {"30s", "28s"}}, last: "30s", want: []string{"13s 13s -"}},
		"it is over at the next evaluation":  {looks: []look{{"15s", "13s"}, {"30s", "28s"}}, last: "45s", want: []string{"13s 13s 43s"}},
		"it fires again":                     {looks: []look{{"15s", "13s"}, {"45s", "43s"}}, last: "45s", want: []string{"13s 13s 28s", "43s 43s -"}},
		"an evaluation is missed":            {looks: []look{{"15s", "13s"}, {"30s", "13s"}, {"45s", "43s"}}, last: "45s", want: []string{"13s 13s -"}},
		"it is over after a missed one":      {looks: []look{{"15s", "13s"}, {"30s", "13s"}}, last: "45s", want: []string{"13s 13s 45s"}},
		"it fires at the first look":         {looks: []look{{"0s", "-2s"}}, last: "0s", want: []string{"-2s 0s -"}},
		"nothing is evaluated for too long":  {looks: []look{{"15s", "13s"}, {"5m", "4m58s"}}, last: "5m", want: []string{"13s 13s 28s", "4m58s 4m58s -"}},
		"steps shorter than the evaluations": {looks: []look{{"15s", "0s"}, {"30s", "0s"}, {"45s", "0s"}}, last: "1m", want: []string{"0s 0s 1m0s"}},
		"steps longer than the evaluations":  {step: 2 * time.Minute, looks: []look{{"2m", "1m45s"}, {"4m", "3m45s"}}, last: "6m", want: []string{"1m45s 1m45s 5m45s"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewFiring(epoch, max(c.step, 15*time.Second))
			for _, l := range c.looks {
				f.Alert(rules.Labels{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}).Fires(at(l.at), at(l.evaluated))
			}
			require.Equal(t, c.want, texts(f.Spans(at(c.last))))
		})
	}
}

func texts(spans []Span) (all []string) {
	for _, s := range spans {
		end := "-"
		if !s.End.IsZero() {
			end = s.End.Sub(epoch).String()
		}
		all = append(all, s.Start.Sub(epoch).String()+" "+s.Comes.Sub(epoch).String()+" "+end)
	}
	return all
}

// TestPrometheusIsGone: looks show an alert for five minutes after the last evaluation. Alertmanager waits for four.
func TestPrometheusIsGone(t *testing.T) {
	f := NewFiring(epoch, 15*time.Second)
	a := f.Alert(rules.Labels{{Name: "a", Value: "1"}})
	a.Fires(epoch, at("-2s"))
	for s := 15 * time.Second; s < 5*time.Minute; s += 15 * time.Second {
		a.Fires(epoch.Add(s), at("13s"))
	}
	a.Fires(at("5m"), at("5m"))
	require.Equal(t, []string{"-2s 0s 4m13s", "5m0s 5m0s -"}, texts(f.Spans(at("5m"))))
	require.Equal(t, "4m13s", f.Spans(at("6m"))[0].End.Sub(epoch).String())
}

// TestRareEvaluations: a group of rules may have an interval of its own, which is longer.
func TestRareEvaluations(t *testing.T) {
	f := NewFiring(epoch, time.Minute)
	a := f.Alert(rules.Labels{{Name: "a", Value: "1"}})
	for m := time.Minute; m < 19*time.Minute; m += time.Minute {
		a.Fires(epoch.Add(m), epoch.Add(m.Truncate(5*time.Minute)))
	}
	require.Equal(t, []string{"0s 0s 19m0s"}, texts(f.Spans(at("20m"))))
}

// TestSince: of an alert that fires at the first look it is known since when.
func TestSince(t *testing.T) {
	f := NewFiring(epoch, time.Minute)
	before, after := f.Alert(rules.Labels{{Name: "a", Value: "1"}}), f.Alert(rules.Labels{{Name: "a", Value: "2"}})
	before.Fires(epoch, at("-5s"))
	before.Fires(at("1m"), at("55s"))
	after.Fires(at("1m"), at("55s"))
	before.Since(at("-10m"))
	after.Since(at("-10m"))
	f.Alert(rules.Labels{{Name: "a", Value: "3"}}).Since(at("-10m"))
	require.Equal(t, []string{"-10m0s 0s -", "55s 55s -"}, texts(f.Spans(at("1m"))))
	before.Since(at("-5m"))
	require.Equal(t, at("-10m"), f.Spans(at("1m"))[0].Start)

	same := f.Alert(rules.Labels{{Name: "b", Value: "2"}, {Name: "a", Value: "1"}})
	require.Equal(t, same, f.Alert(rules.Labels{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}), "whatever their order")
}
