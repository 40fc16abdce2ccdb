package chain

import (
	"slices"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/possible"

	"github.com/prometheus/common/model"
)

// delivery is what comes to rules by one route and one webhook.
type delivery struct {
	arrival
	alerts []*alert
	labels []possible.Labels // of each alert, as they come this way
	rules  []*rules.Rule     // each once
	known  map[any]bool      // of alerts and rules
}

// deliveries returns those that bring alerts to rules, but for hooks, whose alerts end by themselves.
func (f *follower) deliveries() (all []*delivery) {
	type key struct {
		route, webhook any
	}
	known := map[key]*delivery{}
	for _, a := range f.alerts {
		for _, r := range a.reaches {
			if r.hook != "" {
				continue
			}
			k := key{r.route, r.webhook}
			if known[k] == nil {
				known[k] = &delivery{arrival: r.arrival, known: map[any]bool{}}
				all = append(all, known[k])
			}
			known[k].add(a, r)
		}
	}
	return all
}

func (d *delivery) add(a *alert, r reach) {
	if !d.known[a] {
		d.known[a] = true
		d.alerts = append(d.alerts, a)
		d.labels = append(d.labels, r.arrival.labels)
	}
	if !d.known[r.rule] {
		d.known[r.rule] = true
		d.rules = append(d.rules, r.rule)
	}
}

// notifications warns of how alerts are told of.
func (f *follower) notifications() {
	for _, d := range f.deliveries() {
		if !d.webhook.SendResolved {
			f.withoutResolves(d)
		}
		if d.webhook.MaxAlerts > 0 {
			f.truncated(d)
		}
		f.repeats(d)
	}
}

// withoutResolves warns of a webhook that tells of no resolves, unless another one does.
func (f *follower) withoutResolves(d *delivery) {
	var resolved []string
	for _, r := range d.rules {
		if f.toldElsewhere(d, r) {
			continue
		}
		if r.Resolved {
			resolved = append(resolved, f.ruleText(r))
		}
	}
	where := d.webhook.Where
	switch {
	case len(resolved) > 0:
		f.warn(d.webhook.ResolvedPlace, where, "sends no resolves (send_resolved: false), so %s, which calls when: resolved, never does", strings.Join(resolved, ", "))
	case !slices.ContainsFunc(d.rules, func(r *rules.Rule) bool { return f.toldElsewhere(d, r) }):
		f.warn(d.webhook.ResolvedPlace, where, "sends no resolves (send_resolved: false), so an alert counts as firing until it has not been heard of for alert_ttl, %s",
			text(f.Rules.AlertTTL))
	}
}

// toldElsewhere reports whether a rule hears of resolves by another webhook.
func (f *follower) toldElsewhere(d *delivery, rule *rules.Rule) bool {
	return slices.ContainsFunc(d.alerts, func(a *alert) bool {
		return slices.ContainsFunc(a.reaches, func(r reach) bool { return r.rule == rule && r.hook == "" && r.webhook.SendResolved })
	})
}

// repeats warns of an alert that counts as absent before it is told of again. Alertmanager looks at a group each
// group_interval, so a repeat may come that much later.
func (f *follower) repeats(d *delivery) {
	o := d.route.Options
	if o.RepeatInterval+o.GroupInterval <= f.Rules.AlertTTL {
		return
	}
	f.warn(o.RepeatPlace, d.route.Where, "what goes on firing is told of again after repeat_interval %s, and up to group_interval %s more; "+
		"alert_ttl of %s is %s, so it counts as absent meanwhile; make alert_ttl longer, or repeat_interval shorter",
		text(o.RepeatInterval), text(o.GroupInterval), f.File, text(f.Rules.AlertTTL))
}

// truncated warns of a webhook that may cut a group off, unless its groups are known to be small enough.
func (f *follower) truncated(d *delivery) {
	most := d.webhook.MaxAlerts
	if d.route.GroupByAll {
		return
	}
	for i, a := range d.alerts {
		if name := d.varies(d.labels[i]); name != "" {
			f.warn(d.webhook.MaxPlace, d.webhook.Where, "max_alerts: %d cuts off what is more in a group, such as of %s (%s), whose groups have any number of %s; set max_alerts: 0",
				most, a.where(), a.Place, name)
			return
		}
	}
	if !d.route.Groups(alertName) && len(d.alerts) > most {
		f.warn(d.webhook.MaxPlace, d.webhook.Where, "max_alerts: %d cuts off what is more in a group, and %d alerts may be in one; set max_alerts: 0", most, len(d.alerts))
	}
}

// varies returns a label by which alerts of one group may differ; empty where there is at most one of a kind in each.
func (d *delivery) varies(ls possible.Labels) string {
	for _, name := range ls.Names() {
		if _, exact := ls.Get(name).Exact(); !exact && !d.route.Groups(name) {
			return name
		}
	}
	if !ls.Closed() {
		return "series"
	}
	return ""
}

// text writes a duration as the files have it.
func text(d time.Duration) string { return model.Duration(d).String() }
