package backtest

import (
	"cmp"
	"slices"
	"time"

	"alertscale/rules"
	"alertscale/rules/routing"

	"github.com/prometheus/common/model"
)

// Sender is a webhook of a receiver that posts to alertscale.
type Sender struct {
	SendResolved bool
	MaxAlerts    int // zero: no limit
}

// Options say which notifications are made.
type Options struct {
	Tree *routing.Tree
	// Senders are the webhooks that count, by the name of their receiver. Of other receivers nothing is made.
	Senders map[string][]Sender
	Until   time.Time // nothing is made after it
}

// Notification is one that was sent.
type Notification struct {
	At    time.Time
	Event *rules.Event
}

// Result is what came of alerts.
type Result struct {
	Notifications []Notification // in the order of time
	Taken         int            // how many of the spans come to a receiver that counts
}

// Notify returns the notifications that an Alertmanager makes of alerts, which come to it when they start and when they end.
// Nothing is silenced, inhibited or muted, no notification takes any time or fails, and of what happens at one time, alerts
// come first.
func Notify(spans []Span, o Options) Result {
	a := &alertmanager{
		Options: o, router: newRouter(o.Tree, o.Senders), groups: map[groupID]*group{}, log: map[logID]*logged{},
	}
	all := a.arrivals(spans)
	for {
		flush := time.Time{}
		if len(a.due) > 0 {
			flush = a.due[0].next
		}
		switch {
		case len(all) > 0 && (flush.IsZero() || !all[0].at.After(flush)) && !all[0].at.After(o.Until):
			a.arrive(all[0])
			all = all[1:]
		case !flush.IsZero() && !flush.After(o.Until):
			a.flush(a.due[0], flush)
		default:
			return a.Result
		}
	}
}

// alertmanager is an Alertmanager.
type alertmanager struct {
	Options
	*router
	groups map[groupID]*group
	made   int // how many groups so far
	due    queue
	log    map[logID]*logged
	Result
}

// arrival is an alert that comes: it fires, or it is over.
type arrival struct {
	at time.Time
	*alert
}

// alert is a span on its way.
type alert struct {
	*Span
	labels      model.LabelSet
	fingerprint model.Fingerprint
	routes      []*routing.Route
}

// arrivals returns what comes, in the order of time: of one time, what is over first.
func (a *alertmanager) arrivals(spans []Span) []arrival {
	var starts, all []arrival
	for i := range spans {
		s := a.route(&spans[i])
		if len(s.routes) == 0 {
			continue
		}
		a.Taken++
		starts = append(starts, arrival{s.Comes, s})
		if !s.End.IsZero() {
			all = append(all, arrival{s.End, s})
		}
	}
	all = append(all, starts...)
	slices.SortStableFunc(all, func(a, b arrival) int { return a.at.Compare(b.at) })
	return all
}

// group is alerts that are told of together.
type group struct {
	id     groupID
	route  *routing.Route
	labels model.LabelSet
	key    string
	alerts map[model.Fingerprint]*alert

	flushed time.Time // zero: it was not so far
	next    time.Time // when it is to be; zero: nothing is to be told
	number  int
	place   int // in the queue; -1: it is not there
}

// groupID is what makes a group one.
type groupID struct {
	route  *routing.Route
	labels model.Fingerprint
}

// arrive puts an alert into its groups.
func (a *alertmanager) arrive(c arrival) {
	for _, r := range c.routes {
		labels := groupLabels(r, c.labels)
		id := groupID{r, labels.Fingerprint()}
		g := a.groups[id]
		if g == nil {
			g = a.open(id, labels, c)
		}
		g.alerts[c.fingerprint] = c.alert
		if !g.flushed.IsZero() {
			a.due.sooner(g, g.tick(c.at))
		}
	}
}

// open makes a group for an alert. One that fired a while ago does not wait for others.
func (a *alertmanager) open(id groupID, labels model.LabelSet, c arrival) *group {
	a.made++
	g := &group{
		id: id, route: id.route, labels: labels, key: a.keys[id.route] + ":" + labels.String(), alerts: map[model.Fingerprint]*alert{},
		number: a.made, place: -1,
	}
	a.groups[id] = g
	first := c.at.Add(g.route.GroupWait)
	if c.Start.Add(g.route.GroupWait).Before(c.at) {
		first = c.at
	}
	a.due.sooner(g, first)
	return g
}

// tick is when a group that was flushed is looked at next, at a time or later.
func (g *group) tick(at time.Time) time.Time {
	every := g.route.GroupInterval
	next := g.flushed.Add(every)
	if late := at.Sub(next); late > 0 {
		next = at.Add((every - late%every) % every)
	}
	return next
}

// flush tells of a group what there is to tell, and forgets what is over.
func (a *alertmanager) flush(g *group, now time.Time) {
	g.flushed = now
	a.due.remove(g)
	all := g.sorted()
	repeat := time.Time{}
	for i, s := range a.Senders[g.route.Receiver] {
		a.send(g, i, s, all, now)
		if l := a.log[logID{g.key, g.route.Receiver, i}]; l != nil {
			if at := l.at.Add(g.repeatAfter()); repeat.IsZero() || at.Before(repeat) {
				repeat = at
			}
		}
	}
	for _, one := range all {
		if one.over(now) {
			delete(g.alerts, one.fingerprint)
		}
	}
	switch {
	case len(g.alerts) == 0:
		delete(a.groups, g.id)
	case !repeat.IsZero():
		a.due.sooner(g, g.tick(repeat.Add(1))) // what was sent just so long ago is not repeated
	}
}

func (s *alert) over(now time.Time) bool { return !s.End.IsZero() && !s.End.After(now) }

// sorted returns the alerts of a group in the order in which they are told of.
func (g *group) sorted() []*alert {
	all := make([]*alert, 0, len(g.alerts))
	for _, one := range g.alerts {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *alert) int {
		for _, name := range []model.LabelName{"job", "instance"} {
			x, isX := a.labels[name]
			y, isY := b.labels[name]
			switch {
			case isX && !isY:
				return -1
			case isY && !isX:
				return 1
			case x != y:
				return cmp.Compare(x, y)
			}
		}
		switch {
		case a.labels.Before(b.labels):
			return -1
		default:
			return 1
		}
	})
	return all
}
