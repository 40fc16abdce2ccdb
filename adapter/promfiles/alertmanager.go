package promfiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"alertscale/rules/possible"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// routesReader reads where Alertmanager sends alerts.
type routesReader struct {
	trees    []*routing.Tree // one for each configuration
	configs  []configObject  // AlertmanagerConfigs
	strategy strategy
}

// configObject is an AlertmanagerConfig.
type configObject struct {
	namespace, name string
	spec            yamldoc.Node
}

// strategy is what an Alertmanager object says of AlertmanagerConfigs.
type strategy struct {
	kind      string // OnNamespace, also where empty, OnNamespaceExceptForAlertmanagerNamespace or None
	namespace string // of the object
	root      string // the AlertmanagerConfig that is the configuration itself; empty: none is
}

// ReadAlertmanager reads configurations of Alertmanager and AlertmanagerConfigs, which the operator puts in front of the
// routes that a configuration has. An Alertmanager object says how it does that. Other manifests are passed over.
func ReadAlertmanager(sources []Source) ([]*routing.Tree, error) {
	r := routesReader{}
	var docs []*yamldoc.Doc
	for _, s := range sources {
		doc, roots := yamldoc.ParseAll(s.Name, s.Text)
		docs = append(docs, doc)
		for _, root := range roots {
			for _, object := range objects(root) {
				r.object(object)
			}
		}
	}
	r.merge()
	var faults []error
	for _, doc := range docs {
		faults = append(faults, doc.Err())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(r.trees) == 0 {
		return nil, errors.New("no file holds a configuration of Alertmanager, or an AlertmanagerConfig")
	}
	return r.trees, nil
}

func (r *routesReader) object(object yamldoc.Node) {
	switch KindOf(object) {
	case Alertmanager:
		r.configuration(object)
	case Manifest:
		namespace, name := nameOf(object)
		spec := object.Child("spec")
		switch {
		case spec == nil:
		case isOperators(object, "AlertmanagerConfig"):
			r.configs = append(r.configs, configObject{namespace, name, *spec})
		case isOperators(object, "Alertmanager"):
			r.strategy = strategyOf(*spec, namespace)
		}
	default:
		what := Describe(object)
		if what == "" {
			what = "no file of Alertmanager's"
		} else {
			what += ", and not Alertmanager's"
		}
		object.Faultf("this is %s; want its configuration (route, receivers), or AlertmanagerConfigs", what)
	}
}

func strategyOf(spec yamldoc.Node, namespace string) strategy {
	s := strategy{namespace: namespace}
	if of := spec.Peek("alertmanagerConfigMatcherStrategy"); of != nil {
		s.kind = peeked(*of, "type")
	}
	if of := spec.Peek("alertmanagerConfiguration"); of != nil {
		s.root = peeked(*of, "name")
	}
	return s
}

func (r *routesReader) configuration(root yamldoc.Node) {
	if !root.Has("route") {
		root.Faultf("route is missing: where alerts go")
		return
	}
	tree := &routing.Tree{Receivers: map[string]*routing.Receiver{}}
	if list := root.Child("receivers"); list != nil {
		readReceivers(*list, fileKeys, tree.Receivers, asIs)
	}
	tree.Root = (&routeReader{keys: fileKeys, receivers: tree.Receivers, scoped: asIs}).root(*root.Child("route"))
	r.trees = append(r.trees, tree)
}

func asIs(name string) string { return name }

// merge does what the operator does: it puts the routes of the AlertmanagerConfigs, in the order of their names, in front of
// those that there are.
func (r *routesReader) merge() {
	slices.SortStableFunc(r.configs, func(a, b configObject) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	if i := slices.IndexFunc(r.configs, r.isRoot); i >= 0 {
		if tree := r.configs[i].tree(); tree != nil {
			r.trees = append(r.trees, tree)
		}
		r.configs = slices.Delete(r.configs, i, i+1)
	}
	if len(r.configs) == 0 {
		return
	}
	if len(r.trees) == 0 {
		at := r.configs[0].spec.Place()
		none := &routing.Receiver{Place: at, Name: "null"}
		root := &routing.Route{Place: at, Where: "route", Options: routing.Defaults(at)}
		root.Receiver = none.Name
		r.trees = []*routing.Tree{{Root: root, Receivers: map[string]*routing.Receiver{none.Name: none}}}
	}
	for _, tree := range r.trees {
		var routes []*routing.Route
		for _, c := range r.configs {
			if route := r.route(c, tree); route != nil {
				routes = append(routes, route)
			}
		}
		tree.Root.Routes = append(routes, tree.Root.Routes...)
	}
}

func (r *routesReader) isRoot(c configObject) bool {
	return r.strategy.root != "" && c.name == r.strategy.root && (c.namespace == r.strategy.namespace || c.namespace == "")
}

// scoped returns the name that the operator gives to a receiver of an object.
func (c configObject) scoped(name string) string {
	return fmt.Sprintf("%s/%s/%s", c.namespace, c.name, name)
}

// tree is the configuration that an AlertmanagerConfig is.
func (c configObject) tree() *routing.Tree {
	tree := &routing.Tree{Receivers: map[string]*routing.Receiver{}}
	if tree.Root = c.read(tree.Receivers, routing.Defaults(c.spec.Place())); tree.Root == nil {
		return nil
	}
	return tree
}

// route is a route that the operator makes of an AlertmanagerConfig in a tree.
func (r *routesReader) route(c configObject, tree *routing.Tree) *routing.Route {
	route := c.read(tree.Receivers, tree.Root.Options)
	if route == nil {
		return nil
	}
	route.Continue = true
	if c.namespace != "" && r.strategy.kind != "None" &&
		(r.strategy.kind != "OnNamespaceExceptForAlertmanagerNamespace" || c.namespace != r.strategy.namespace) {
		m, _ := possible.NewMatcher(labels.MatchEqual, "namespace", c.namespace) // no expression, so no error
		route.Matchers = append(route.Matchers, m)
		route.Enforced = c.namespace
	}
	return route
}

// read reads the receivers and the route of an AlertmanagerConfig; nil: it has no route.
func (c configObject) read(receivers map[string]*routing.Receiver, inherited routing.Options) *routing.Route {
	if list := c.spec.Child("receivers"); list != nil {
		readReceivers(*list, manifestKeys, receivers, c.scoped)
	}
	route := c.spec.Child("route")
	if route == nil {
		return nil
	}
	return (&routeReader{keys: manifestKeys, receivers: receivers, scoped: c.scoped}).route(*route, inherited)
}
