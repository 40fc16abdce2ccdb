package backtest

import (
	"slices"
	"time"

	"alertscale/rules"

	"github.com/prometheus/common/model"
)

// logID is what a notification is known by: also routes that are alike, and lead to one receiver, share it.
type logID struct {
	key, receiver string
	sender        int
}

// logged is what was told last.
type logged struct {
	at               time.Time
	firing, resolved map[model.Fingerprint]bool
}

// longestLog is how long an Alertmanager knows what it sent, unless --data.retention says otherwise.
const longestLog = 120 * time.Hour

// repeatAfter is how long after a notification what goes on firing is told of again.
func (g *group) repeatAfter() time.Duration { return min(g.route.RepeatInterval, longestLog) }

// send tells of a group by one webhook, if there is anything to tell.
func (a *alertmanager) send(g *group, i int, s Sender, all []*alert, now time.Time) {
	told := logged{at: now, firing: map[model.Fingerprint]bool{}, resolved: map[model.Fingerprint]bool{}}
	for _, one := range all {
		if one.over(now) {
			told.resolved[one.fingerprint] = true
		} else {
			told.firing[one.fingerprint] = true
		}
	}
	id := logID{g.key, g.route.Receiver, i}
	if !a.log[id].isDue(&told, s, g.repeatAfter()) {
		return
	}
	a.log[id] = &told
	if !s.SendResolved {
		all = slices.DeleteFunc(slices.Clone(all), func(one *alert) bool { return one.over(now) })
	}
	if len(all) > 0 {
		a.Notifications = append(a.Notifications, Notification{now, g.event(all, s, now)})
	}
}

// isDue reports whether there is something to tell beside what was told last; nil: nothing was.
func (l *logged) isDue(next *logged, s Sender, repeat time.Duration) bool {
	switch {
	case l == nil:
		return len(next.firing) > 0
	case !within(next.firing, l.firing):
		return true
	case len(next.firing) == 0:
		return len(l.firing) > 0
	case s.SendResolved && !within(next.resolved, l.resolved):
		return true
	default:
		return next.at.Sub(l.at) > repeat
	}
}

func within(some, all map[model.Fingerprint]bool) bool {
	for f := range some {
		if !all[f] {
			return false
		}
	}
	return true
}

// event is a notification of some alerts of a group, of which there is at least one.
func (g *group) event(all []*alert, s Sender, now time.Time) *rules.Event {
	e := &rules.Event{Receiver: g.route.Receiver, GroupKey: g.key, GroupLabels: labelsOf(g.labels)}
	if s.MaxAlerts > 0 && len(all) > s.MaxAlerts {
		e.Truncated = len(all) - s.MaxAlerts
		all = all[:s.MaxAlerts]
	}
	common := all[0].labels.Clone()
	for _, one := range all {
		told := rules.Alert{Fingerprint: one.fingerprint.String(), Labels: one.Labels, StartsAt: one.Start}
		if one.over(now) {
			told.Resolved, told.EndsAt = true, one.End
		}
		e.Alerts = append(e.Alerts, told)
		for name, value := range common {
			if one.labels[name] != value {
				delete(common, name)
			}
		}
	}
	e.CommonLabels = labelsOf(common)
	return e
}

func labelsOf(set model.LabelSet) rules.Labels {
	all := make(rules.Labels, 0, len(set))
	for name, value := range set {
		all = append(all, rules.Label{Name: string(name), Value: string(value)})
	}
	slices.SortFunc(all, func(a, b rules.Label) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
