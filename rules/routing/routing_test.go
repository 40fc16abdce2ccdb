package routing

import (
	"slices"
	"strconv"
	"testing"

	"alertscale/rules/possible"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// match is how Alertmanager finds the routes of an alert (dispatch.Route.Match).
func match(r *Route, ls map[string]string) (all []*Route) {
	for _, m := range r.Matchers {
		if !m.Match(ls[m.Name]) {
			return nil
		}
	}
	for _, child := range r.Routes {
		found := match(child, ls)
		all = append(all, found...)
		if found != nil && !child.Continue {
			break
		}
	}
	if len(all) == 0 {
		all = append(all, r)
	}
	return all
}

var names = []string{"a", "b", "c"}

func drawMatchers(t *rapid.T) (all []possible.Matcher) {
	for range rapid.IntRange(0, 2).Draw(t, "matchers") {
		how := rapid.SampledFrom([]labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}).Draw(t, "how")
		value := rapid.SampledFrom([]string{"", "1", "2", "1|2", ".+", "1.*"}).Draw(t, "value")
		m, err := possible.NewMatcher(how, rapid.SampledFrom(names).Draw(t, "name"), value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func drawRoute(t *rapid.T, depth int) *Route {
	r := &Route{Matchers: drawMatchers(t), Continue: rapid.Bool().Draw(t, "continue")}
	for i := range rapid.IntRange(0, 3*depth).Draw(t, "children") {
		child := drawRoute(t, depth-1)
		child.Where = strconv.Itoa(i)
		r.Routes = append(r.Routes, child)
	}
	return r
}

// drawLabels draws the labels of an alert, and what is known of them.
func drawLabels(t *rapid.T) (has map[string]string, known possible.Labels) {
	has, known = map[string]string{}, possible.AnyLabels()
	if rapid.Bool().Draw(t, "closed") {
		known = possible.NoLabels()
	}
	for _, name := range names {
		has[name] = rapid.SampledFrom([]string{"", "1", "2", "11"}).Draw(t, name)
		switch rapid.IntRange(0, 2).Draw(t, "known") {
		case 0:
			known = known.With(name, possible.Any())
		case 1:
			known = known.With(name, possible.OneOf(has[name]))
		case 2:
			known = known.With(name, possible.OneOf(has[name], "2"))
		}
	}
	return has, known
}

// TestWays: an alert ends at routes that were found possible for it, with what is known of its labels there, and at all that
// were found to be sure; of one whose labels are known, exactly where Alertmanager sends it.
func TestWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := &Tree{Root: drawRoute(t, 2)}
		tree.Root.Matchers = nil
		has, known := drawLabels(t)
		ends := match(tree.Root, has)
		ways := tree.Ways(known)
		for _, end := range ends {
			i := slices.IndexFunc(ways, func(w Way) bool { return w.Route == end })
			require.GreaterOrEqual(t, i, 0)
			for _, name := range names {
				require.True(t, ways[i].Labels.Get(name).MayBe(has[name]))
			}
			if o := tree.Obstacle(known, end); o != nil {
				require.True(t, o.Below && slices.Contains(ends, o.Route), "it does end there")
			}
		}
		for _, w := range ways {
			if w.Sure {
				require.Contains(t, ends, w.Route)
			}
		}

		exact := possible.NoLabels()
		for name, value := range has {
			exact = exact.With(name, possible.OneOf(value))
		}
		var routes []*Route
		for _, w := range tree.Ways(exact) {
			require.True(t, w.Sure)
			routes = append(routes, w.Route)
		}
		require.Equal(t, ends, routes)
		for _, r := range tree.Root.All() {
			require.Equal(t, !slices.Contains(ends, r), tree.Obstacle(exact, r) != nil)
		}
	})
}

func TestObstacle(t *testing.T) {
	of := func(name, value string, routes ...*Route) *Route {
		m, err := possible.NewMatcher(labels.MatchEqual, name, value)
		require.NoError(t, err)
		return &Route{Where: name + value, Matchers: []possible.Matcher{m}, Routes: routes}
	}
	below := of("b", "1")
	first, second := of("a", "1"), of("a", "2", below)
	third := of("a", "1")
	tree := &Tree{Root: &Route{Routes: []*Route{first, second, third}}}
	alert := possible.NoLabels().With("a", possible.OneOf("1")).With("b", possible.Any())
	require.Nil(t, tree.Obstacle(alert, first))
	require.Equal(t, `a="2"`, tree.Obstacle(alert, below).Matcher.String())
	require.Equal(t, &Obstacle{Route: first, Takes: true}, tree.Obstacle(alert, third))
	require.Equal(t, &Obstacle{Route: first, Takes: true, Below: true}, tree.Obstacle(alert, tree.Root))

	require.True(t, (&Route{Options: Options{GroupByAll: true}}).Groups("x"))
	require.True(t, (&Route{Options: Options{GroupBy: []string{"x"}}}).Groups("x"))
	require.False(t, below.Groups("x"))
}
