package promfiles

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"alertscale/rules/possible"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
)

// routeReader reads routes.
type routeReader struct {
	keys      keys
	receivers map[string]*routing.Receiver
	scoped    func(name string) string // the name that a receiver has in the tree
	read      int                      // how many routes so far
	depth     int                      // of the route that is being read
	endless   bool                     // a fault that was reported
}

// A tree has so many routes at most, and is so deep: one that is an alias of itself has no end.
const (
	maxRoutes = 100_000
	maxDepth  = 100
)

// ends reports whether there are too many routes.
func (r *routeReader) ends(n yamldoc.Node) bool {
	r.read++
	if r.read <= maxRoutes && r.depth <= maxDepth {
		return false
	}
	if !r.endless {
		n.Faultf("is one route too many: there are %d, or %d below each other; is a route an alias of itself?", maxRoutes, maxDepth)
	}
	r.endless = true
	return true
}

// root reads the route that all alerts come to.
func (r *routeReader) root(n yamldoc.Node) *routing.Route {
	route := r.route(n, routing.Defaults(n.Place()))
	if n.IsMap() && !n.Has("receiver") {
		n.Faultf("receiver is missing: where alerts go that no other route takes")
	}
	return route
}

// route reads a route, which inherits what it does not say.
func (r *routeReader) route(n yamldoc.Node, inherited routing.Options) *routing.Route {
	route := &routing.Route{Place: n.Place(), Where: n.Where(), Options: inherited}
	r.depth++
	defer func() { r.depth-- }()
	if r.ends(n) {
		return route
	}
	var children yamldoc.Node
	fields := []yamldoc.Field{
		{Key: "receiver", Read: func(v yamldoc.Node) { r.receiver(route, v) }},
		{Key: r.keys.groupBy, Read: func(v yamldoc.Node) { readGroupBy(route, v) }},
		{Key: r.keys.groupWait, Read: func(v yamldoc.Node) { route.GroupWait = v.Duration() }},
		{Key: r.keys.groupInterval, Read: func(v yamldoc.Node) { route.GroupInterval = v.DurationAbove0("") }},
		{Key: r.keys.repeatInterval, Read: func(v yamldoc.Node) {
			route.RepeatInterval, route.RepeatPlace = v.DurationAbove0(""), v.Place()
		}},
		{Key: "continue", Read: func(v yamldoc.Node) { route.Continue = v.Bool() }},
		{Key: "matchers", Read: func(v yamldoc.Node) { v.Items(func(_ int, item yamldoc.Node) { r.matchers(route, item) }) }},
		{Key: "routes", Read: func(v yamldoc.Node) { children = v }},
	}
	if !r.keys.objects {
		fields = append(fields, yamldoc.Field{Key: "match", Read: func(v yamldoc.Node) { readMatch(route, v, labels.MatchEqual) }},
			yamldoc.Field{Key: "match_re", Read: func(v yamldoc.Node) { readMatch(route, v, labels.MatchRegexp) }})
	}
	for _, key := range r.keys.passed {
		fields = append(fields, yamldoc.Field{Key: key, Read: ignore})
	}
	n.Fields(fields)
	if (children == yamldoc.Node{}) || children.IsNull() {
		return route
	}
	children.Items(func(_ int, item yamldoc.Node) { route.Routes = append(route.Routes, r.route(item, route.Options)) })
	return route
}

func (r *routeReader) receiver(route *routing.Route, n yamldoc.Node) {
	name := n.Text()
	route.Receiver = r.scoped(name)
	if r.receivers[route.Receiver] != nil || name == "" {
		return
	}
	n.Faultf("receiver %q is not defined%s", name, yamldoc.Hint(name, slices.Sorted(maps.Keys(r.receivers))))
}

func readGroupBy(route *routing.Route, n yamldoc.Node) {
	route.GroupBy, route.GroupByAll, route.GroupByPlace = nil, false, n.Place()
	n.Items(func(_ int, item yamldoc.Node) {
		if name := item.Text(); name == "..." {
			route.GroupByAll = true
		} else {
			route.GroupBy = append(route.GroupBy, name)
		}
	})
}

// readMatch reads match or match_re, which matchers have taken the place of.
func readMatch(route *routing.Route, n yamldoc.Node, how labels.MatchType) {
	n.Each(func(name string, v yamldoc.Node) {
		if value, ok := v.Scalar(); ok {
			addMatcher(route, v, how, name, value)
		}
	})
}

func addMatcher(route *routing.Route, n yamldoc.Node, how labels.MatchType, name, value string) {
	m, err := possible.NewMatcher(how, name, value)
	if err != nil {
		n.Faultf("%q is no regular expression: %v", value, err)
		return
	}
	route.Matchers = append(route.Matchers, m)
}

func (r *routeReader) matchers(route *routing.Route, n yamldoc.Node) {
	if r.keys.objects {
		readObject(route, n)
		return
	}
	text, ok := n.Scalar()
	if !ok {
		return
	}
	ms, err := parseMatchers(text)
	if err != nil {
		n.Faultf("%s is no matcher such as alertname=\"WebBusy\": %v", strconv.Quote(text), err)
	}
	for _, m := range ms {
		route.Matchers = append(route.Matchers, possible.MatcherOf(m))
	}
}

// parseMatchers reads matchers as Alertmanager does: where its newer way of reading them and the one before say different
// things, what the one before says.
func parseMatchers(text string) (labels.Matchers, error) {
	newer, err := parse.Matchers(text)
	before, errBefore := labels.ParseMatchers(text)
	if errBefore != nil || err == nil && reflect.DeepEqual(newer, labels.Matchers(before)) {
		return newer, err
	}
	return before, errBefore
}

// matchTypes are the operators of an AlertmanagerConfig's matchers.
var matchTypes = map[string]labels.MatchType{
	"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp,
}

// readObject reads a matcher of an AlertmanagerConfig.
func readObject(route *routing.Route, n yamldoc.Node) {
	var name, value, how string
	expression := false
	n.Fields([]yamldoc.Field{
		{Key: "name", Read: func(v yamldoc.Node) { name = v.Text() }},
		{Key: "value", Read: func(v yamldoc.Node) { value, _ = v.Scalar() }},
		{Key: "matchType", Read: func(v yamldoc.Node) { how = v.Text() }},
		{Key: "regex", Read: func(v yamldoc.Node) { expression = v.Bool() }},
	})
	if name == "" {
		return
	}
	if how == "" && expression {
		how = "=~"
	}
	kind, ok := matchTypes[cmp.Or(how, "=")]
	if !ok {
		(*n.Child("matchType")).Faultf("%q is none of =, !=, =~ and !~", how)
		return
	}
	addMatcher(route, n, kind, name, value)
}
