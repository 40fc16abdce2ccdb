package lookback

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"alertscale/adapter/cli/internal/promapi"
	"alertscale/rules"
	"alertscale/rules/backtest"
)

// firing gives, for each alert that fires, when that was evaluated last.
const firing = `timestamp(ALERTS{alertstate="firing"})`

// alerts asks when which alerts fired.
func (r *reader) alerts(ctx context.Context) ([]backtest.Span, error) {
	history := backtest.NewFiring(r.from, r.Step)
	ranges := r.ranges()
	found := false
	for i, part := range ranges {
		all, err := r.client.Range(ctx, firing, part)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			found = true
			alert := history.Alert(r.sent(s.Labels))
			for _, p := range s.Points {
				alert.Fires(p.Time(), promapi.Seconds(p.Value))
			}
		}
		r.progress.asked("ALERTS", i+1, len(ranges), part.To)
	}
	if !found {
		return nil, fmt.Errorf("no alert fired from %s to %s: %s has no series ALERTS of that time; does it evaluate alerting rules, and keep what is so old "+
			"(--storage.tsdb.retention.time)?", r.from.Format(time.DateTime), r.to.Format(time.DateTime), r.client.Address())
	}
	if err := r.since(ctx, history); err != nil {
		return nil, err
	}
	return history.Spans(ranges[len(ranges)-1].To), nil
}

// since asks since when those alerts are active that fire at the first look.
func (r *reader) since(ctx context.Context, history *backtest.Firing) error {
	all, err := r.client.At(ctx, "ALERTS_FOR_STATE", r.from)
	for _, s := range all {
		history.Alert(r.sent(s.Labels)).Since(promapi.Seconds(s.Points[0].Value))
	}
	return err
}

// sent are the labels with which an alert leaves Prometheus.
func (r *reader) sent(labels rules.Labels) rules.Labels {
	labels = slices.DeleteFunc(labels, func(l rules.Label) bool { return l.Name == "alertstate" })
	for _, name := range slices.Sorted(maps.Keys(r.config.External)) {
		if labels.Get(name) == "" {
			labels = append(labels, rules.Label{Name: name, Value: r.config.External[name]})
		}
	}
	return slices.DeleteFunc(labels, func(l rules.Label) bool {
		return slices.ContainsFunc(r.config.Dropped, func(names *regexp.Regexp) bool { return names.MatchString(l.Name) })
	})
}
