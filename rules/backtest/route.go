package backtest

import (
	"cmp"
	"slices"
	"strings"

	"alertscale/rules/possible"
	"alertscale/rules/routing"

	"github.com/prometheus/common/model"
)

// router finds the routes that alerts end at.
type router struct {
	tree    *routing.Tree
	senders map[string][]Sender
	keys    map[*routing.Route]string              // as they are in the keys of groups
	known   map[model.Fingerprint][]*routing.Route // by the labels of alerts
}

func newRouter(tree *routing.Tree, senders map[string][]Sender) *router {
	r := &router{tree: tree, senders: senders, keys: map[*routing.Route]string{}, known: map[model.Fingerprint][]*routing.Route{}}
	r.name(tree.Root, "")
	return r
}

// name gives the routes their keys: the matchers on the way to them.
func (r *router) name(route *routing.Route, before string) {
	sorted := slices.SortedFunc(slices.Values(route.Matchers), func(a, b possible.Matcher) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Type, b.Type))
	})
	texts := make([]string, len(sorted))
	for i, m := range sorted {
		texts[i] = m.String()
	}
	r.keys[route] = before + "{" + strings.Join(texts, ",") + "}"
	for _, child := range route.Routes {
		r.name(child, r.keys[route]+"/")
	}
}

// route returns an alert with the routes that bring it to a receiver that counts.
func (r *router) route(s *Span) *alert {
	set := make(model.LabelSet, len(s.Labels))
	for _, l := range s.Labels {
		set[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	a := &alert{Span: s, labels: set, fingerprint: set.Fingerprint()}
	routes, ok := r.known[a.fingerprint]
	if !ok {
		known := possible.NoLabels()
		for _, l := range s.Labels {
			known = known.With(l.Name, possible.OneOf(l.Value))
		}
		for _, way := range r.tree.Ways(known) {
			if len(r.senders[way.Route.Receiver]) > 0 {
				routes = append(routes, way.Route)
			}
		}
		r.known[a.fingerprint] = routes
	}
	a.routes = routes
	return a
}

// groupLabels are the labels that make an alert's group.
func groupLabels(r *routing.Route, labels model.LabelSet) model.LabelSet {
	of := model.LabelSet{}
	for name, value := range labels {
		if r.Groups(string(name)) {
			of[name] = value
		}
	}
	return of
}
