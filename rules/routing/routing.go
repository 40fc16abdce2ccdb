// Package routing is Alertmanager's routing tree: which routes an alert takes, of which some labels may not be known yet.
package routing

import (
	"slices"
	"time"

	"alertscale/rules/possible"
	"alertscale/rules/yamldoc"
)

// Tree is the routes and receivers of one Alertmanager.
type Tree struct {
	Root      *Route
	Receivers map[string]*Receiver
}

// Route is a node of the tree, with what it inherits.
type Route struct {
	yamldoc.Place
	Where    string // how a user calls it: route: routes[0]
	Matchers []possible.Matcher
	Continue bool
	Routes   []*Route
	// Enforced is the namespace that an operator lets the route have alerts of only; empty: it lets it have all.
	Enforced string

	Options
}

// Options are what a route says of the notifications that it makes.
type Options struct {
	Receiver       string
	GroupBy        []string
	GroupByAll     bool // group_by: ['...']: each alert is a group
	GroupByPlace   yamldoc.Place
	GroupWait      time.Duration
	GroupInterval  time.Duration
	RepeatInterval time.Duration
	RepeatPlace    yamldoc.Place
}

// Defaults returns the options of a root that says nothing, as Alertmanager has them.
func Defaults(at yamldoc.Place) Options {
	return Options{
		GroupByPlace: at, GroupWait: 30 * time.Second, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour, RepeatPlace: at,
	}
}

// Receiver is where notifications go.
type Receiver struct {
	yamldoc.Place
	Name     string
	Webhooks []Webhook
}

// Webhook is one of the webhooks of a receiver.
type Webhook struct {
	yamldoc.Place
	Where         string // how a user calls it: receivers[1] "alertscale": webhook_configs[0]
	URL           *URL   // nil: it is not known
	URLPlace      yamldoc.Place
	SendResolved  bool
	ResolvedPlace yamldoc.Place
	MaxAlerts     int // zero: no limit
	MaxPlace      yamldoc.Place
	Payload       *yamldoc.Place // where it has a payload of its own; else nil
}

// URL is what counts of a url: whom it is of, and what it asks for.
type URL struct{ Host, Port, Path string }

// Way is a route that alerts may end at, and what is known of the labels of those that do.
type Way struct {
	Route  *Route
	Labels possible.Labels
	Sure   bool // all of the alerts end here; else some may
}

// Ways returns the routes that alerts with some labels may end at, as Alertmanager finds them: depth first, the first child
// that matches alone unless it says continue, and the route itself where no child does.
func (t *Tree) Ways(ls possible.Labels) []Way {
	ways, _ := t.Root.ways(ls)
	return ways
}

func (r *Route) ways(ls possible.Labels) ([]Way, possible.Verdict) {
	narrowed, verdict, _ := ls.Narrow(r.Matchers...)
	if verdict == possible.No {
		return nil, possible.No
	}
	var all []Way
	taken := possible.No // whether children take them
	left := true         // whether all of them come to the next child
	for _, child := range r.Routes {
		ways, of := child.ways(narrowed)
		for _, w := range ways {
			w.Sure = w.Sure && left && verdict == possible.Yes
			all = append(all, w)
		}
		taken = max(taken, of)
		if of == possible.Yes && !child.Continue {
			break
		}
		left = left && (of == possible.No || child.Continue)
	}
	if taken != possible.Yes {
		all = append(all, Way{r, narrowed, verdict == possible.Yes && taken == possible.No})
	}
	return all, verdict
}

// Obstacle is why alerts do not end at a route: a matcher on the way to it that they do not match, or a route before or
// below it that takes them.
type Obstacle struct {
	Route   *Route // that the matcher is of, or that takes them
	Matcher possible.Matcher
	Takes   bool
	Below   bool // the route that takes them is below
}

// Obstacle returns what keeps alerts from a route; nil where nothing is known to. What they do not match goes first.
func (t *Tree) Obstacle(ls possible.Labels, to *Route) *Obstacle {
	path := t.Root.pathTo(to)
	come := ls
	for _, r := range path {
		narrowed, verdict, m := come.Narrow(r.Matchers...)
		if verdict == possible.No {
			return &Obstacle{Route: r, Matcher: m}
		}
		come = narrowed
	}
	for i, r := range path {
		ls, _, _ = ls.Narrow(r.Matchers...)
		last := i+1 == len(path)
		for _, child := range r.Routes {
			if !last && child == path[i+1] {
				break
			}
			if _, of := child.ways(ls); of == possible.Yes && (last || !child.Continue) {
				return &Obstacle{Route: child, Takes: true, Below: last}
			}
		}
	}
	return nil
}

// pathTo returns the routes from this one to another, both included; nil: there is no path.
func (r *Route) pathTo(to *Route) []*Route {
	if r == to {
		return []*Route{r}
	}
	for _, child := range r.Routes {
		if path := child.pathTo(to); path != nil {
			return append([]*Route{r}, path...)
		}
	}
	return nil
}

// All returns the route and all those below it.
func (r *Route) All() []*Route {
	all := []*Route{r}
	for _, child := range r.Routes {
		all = append(all, child.All()...)
	}
	return all
}

// Groups reports whether notifications of the route are grouped by a label.
func (r *Route) Groups(label string) bool { return r.GroupByAll || slices.Contains(r.GroupBy, label) }
