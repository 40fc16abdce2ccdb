package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// direct compares the time from what Prometheus itself posts to its answer, with a change in between, with that of the
// change alone and the commit that has to come before it.
func direct(t *testing.T, b *bench) {
	const n, warm, pages = 200, 20, 3 // of a commit of a store of one ref
	o := b.deployment(t, "direct")
	alone, disk := b.bare(t), newDisk(t)
	s := &prometheus{url: b.start(t, config(o.Name, 1), "").URL, labels: busy(0)}
	var floors, directs []time.Duration
	for i := range warm + n {
		floor := took(t, func() error {
			return alone.UpAfter(t.Context(), o.Name, func() error { return disk.Commit(pages) })
		})
		one := took(t, s.fire)
		require.NoError(t, s.repeat())
		require.NoError(t, s.resolve())
		if i >= warm {
			floors, directs = append(floors, floor), append(directs, one)
		}
	}
	require.Equal(t, 2*(warm+n), b.admin.Scale(t, o)-1, "one change each, and none for a repeat")
	b.table.atMost("change by /api/v2/alerts, to bare GET, commit and PATCH", 1.2, float64(median(directs))/float64(median(floors)), "",
		fmt.Sprintf("%s to %s", ms(median(directs)), ms(median(floors))))
}

// prometheus posts what a Prometheus would to an Alertmanager.
type prometheus struct {
	url    string
	labels map[string]string
	since  time.Time
}

func (p *prometheus) fire() error {
	p.since = time.Now()
	return p.repeat()
}

func (p *prometheus) repeat() error { return p.post(time.Now().Add(4 * time.Minute)) }

func (p *prometheus) resolve() error { return p.post(time.Now()) }

func (p *prometheus) post(end time.Time) error {
	body, err := json.Marshal([]map[string]any{{
		"labels": p.labels, "startsAt": p.since, "endsAt": end, "generatorURL": "http://prometheus.example:9090/graph?g0.expr=x",
		"annotations": map[string]string{"summary": "CPU above 80 % for five minutes", "value": "93.5"},
	}})
	if err != nil {
		return err
	}
	return postTo(p.url+"/api/v2/alerts", body)
}

// crossing measures how long after Prometheus's evaluation a change is made, with a real Prometheus that scrapes and
// evaluates each second.
func crossing(t *testing.T, b *bench) {
	o := b.deployment(t, "crossing")
	a := b.start(t, config(o.Name, 1), "")
	exporter := stack.StartExporter(t)
	exporter.Set("load", 0)
	p := stack.StartPrometheus(t, stack.PrometheusOptions{
		Interval: time.Second, Targets: []string{exporter.Address}, InTheirPlace: []*stack.Alertscale{a},
		Rules: `groups: [{name: test, rules: [{alert: Busy, expr: load > 1, labels: {sender: "0"}}]}]`,
	})
	p.WaitValue(t, "load", "0", time.Minute)
	var beside, whole []time.Duration
	for i := range either(5, 30) {
		crossed := time.Now()
		exporter.Set("load", 2)
		changed := waitDecision(t, a, "scaled", i+1)
		if ended := evaluated(t, p); ended.Before(changed) { // and not the next one, a second later
			beside = append(beside, changed.Sub(ended))
		}
		whole = append(whole, changed.Sub(crossed))
		exporter.Set("load", 0)
		waitDecision(t, a, "resolved", i+1)
	}
	require.Equal(t, len(whole), b.admin.Scale(t, o)-1, "one change each")
	require.NotEmpty(t, beside)
	b.table.atMost("a metric's crossing to the PATCH, beside scrape and evaluation", 20, float64(median(beside))/float64(time.Millisecond), "ms",
		"in all "+ms(median(whole)))
}

// waitDecision waits until there are so many decisions with a verdict, and returns when the last one was made.
func waitDecision(t *testing.T, a *stack.Alertscale, verdict string, n int) time.Time {
	t.Helper()
	var answer struct{ Data []struct{ At time.Time } }
	stack.Eventually(t, time.Minute, func() error {
		answer.Data = nil
		if err := json.Unmarshal([]byte(get(t, a.URL+"/api/v1/decisions?verdict="+verdict)), &answer); err != nil {
			return err
		}
		if len(answer.Data) < n {
			return fmt.Errorf("%d decisions are %s, want %d", len(answer.Data), verdict, n)
		}
		return nil
	})
	return answer.Data[0].At
}

// evaluated returns when Prometheus last ended an evaluation of its rules.
func evaluated(t *testing.T, p *stack.PrometheusServer) time.Time {
	t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				LastEvaluation time.Time
				EvaluationTime float64
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, p.URL+"/api/v1/rules")), &answer))
	require.Len(t, answer.Data.Groups, 1)
	g := answer.Data.Groups[0]
	return g.LastEvaluation.Add(time.Duration(math.Round(g.EvaluationTime * float64(time.Second))))
}
