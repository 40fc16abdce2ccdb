package promfiles

import (
	"errors"
	"path/filepath"
	"time"

	"alertscale/rules"
	"alertscale/rules/chain"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/common/model"
)

// rulesReader reads what makes alerts.
type rulesReader struct {
	found  chain.Prometheus
	read   map[string]bool // by their names
	faults []error
}

// ReadRules reads files of Prometheus's rules, PrometheusRules, and configurations of Prometheus with the files that they
// list. Other manifests are passed over.
func ReadRules(sources []Source) (chain.Prometheus, error) {
	r := rulesReader{read: map[string]bool{}}
	for _, s := range sources {
		r.file(s)
	}
	return r.found, errors.Join(r.faults...)
}

func (r *rulesReader) file(s Source) {
	if r.read[filepath.Clean(s.Name)] {
		return
	}
	r.read[filepath.Clean(s.Name)] = true
	doc, roots := yamldoc.ParseAll(s.Name, s.Text)
	for _, root := range roots {
		for _, object := range objects(root) {
			r.object(object)
		}
	}
	if err := doc.Err(); err != nil {
		r.faults = append(r.faults, err)
	}
}

func (r *rulesReader) object(object yamldoc.Node) {
	switch KindOf(object) {
	case Rules:
		r.groups(*object.Child("groups"), nil)
	case Prometheus:
		r.configuration(object)
	case Manifest:
		if !isOperators(object, "PrometheusRule") {
			return
		}
		namespace, name := nameOf(object)
		if spec := object.Child("spec"); spec != nil && spec.Has("groups") {
			r.groups(*spec.Child("groups"), &chain.Manifest{Namespace: namespace, Name: name})
		}
	default:
		what := Describe(object)
		if what == "" {
			what = "no file of Prometheus's"
		} else {
			what += ", and not Prometheus's"
		}
		object.Faultf("this is %s; want its rules (groups), its configuration, or PrometheusRules", what)
	}
}

func (r *rulesReader) groups(n yamldoc.Node, m *chain.Manifest) {
	n.Items(func(_ int, group yamldoc.Node) {
		if !group.IsMap() {
			group.Faultf("want a group: name and rules")
			return
		}
		common := chain.Alert{Manifest: m}
		if own := group.Child("labels"); own != nil {
			common.Labels = labelsOf(*own)
		}
		if interval := group.Child("interval"); interval != nil && !interval.IsNull() {
			common.Interval = lenient(*interval)
		}
		if list := group.Child("rules"); list != nil && !list.IsNull() {
			list.Items(func(_ int, rule yamldoc.Node) { r.rule(rule, common) })
		}
	})
}

// lenient reads a duration that nothing but the demo asks for; one that is none is for promtool to find.
func lenient(n yamldoc.Node) time.Duration {
	text, _ := n.Scalar()
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0
	}
	return time.Duration(d)
}

// rule reads one rule. common is what the rules of its group have in common.
func (r *rulesReader) rule(n yamldoc.Node, common chain.Alert) {
	a := common
	a.Place = n.Place()
	record := ""
	n.Fields([]yamldoc.Field{
		{Key: "alert", Read: func(v yamldoc.Node) { a.Name, a.Place = v.Text(), v.Place() }},
		{Key: "record", Read: func(v yamldoc.Node) { record = v.Text() }},
		{Key: "expr", Read: func(v yamldoc.Node) { a.Expr, _ = v.Scalar() }},
		{Key: "for", Read: func(v yamldoc.Node) { a.For = v.Duration() }},
		{Key: "keep_firing_for", Read: func(v yamldoc.Node) { a.KeepFiring = v.Duration() }},
		{Key: "labels", Read: func(v yamldoc.Node) { a.Labels = override(common.Labels, labelsOf(v)) }},
		{Key: "annotations", Read: func(v yamldoc.Node) {
			for _, l := range labelsOf(v) {
				a.Annotations = append(a.Annotations, l.Name)
			}
		}},
		{Key: "debug", Read: ignore}, {Key: "update_entries_limit", Read: ignore}, // vmalert's
	})
	switch {
	case !n.IsMap():
	case a.Name != "":
		r.found.Alerts = append(r.found.Alerts, a)
	case record != "":
		r.found.Records = append(r.found.Records, chain.Record{Metric: record, Expr: a.Expr, Labels: a.Labels})
	case !n.Has("alert") && !n.Has("record"):
		n.Faultf("want alert or record: what the rule makes")
	}
}

func ignore(yamldoc.Node) {}

// labelsOf reads names and values.
func labelsOf(n yamldoc.Node) (all rules.Labels) {
	if n.IsNull() {
		return nil
	}
	n.Each(func(name string, v yamldoc.Node) {
		value := ""
		if !v.IsNull() {
			value, _ = v.Scalar()
		}
		all = append(all, rules.Label{Name: name, Value: value})
	})
	return all
}

// override returns labels with others in their place, or beside them.
func override(common, own rules.Labels) rules.Labels {
	all := append(rules.Labels(nil), own...)
	for _, l := range common {
		if !hasLabel(own, l.Name) {
			all = append(all, l)
		}
	}
	return all
}

func hasLabel(ls rules.Labels, name string) bool {
	for _, l := range ls {
		if l.Name == name {
			return true
		}
	}
	return false
}

// configuration reads the configuration of a Prometheus: the files of its rules, and what it does to alerts.
func (r *rulesReader) configuration(root yamldoc.Node) {
	r.found.Configured = true
	if global := root.Child("global"); global != nil && global.Has("external_labels") {
		r.found.External = append(r.found.External, labelsOf(*global.Child("external_labels"))...)
	}
	if alerting := root.Child("alerting"); alerting != nil && alerting.Has("alert_relabel_configs") {
		alerting.Child("alert_relabel_configs").Items(func(_ int, item yamldoc.Node) { r.relabel(item) })
	}
	files := root.Child("rule_files")
	if files == nil || files.IsNull() {
		return
	}
	files.Items(func(_ int, item yamldoc.Node) {
		pattern := item.File()
		if pattern == "" {
			return
		}
		names, err := filepath.Glob(pattern)
		if err != nil {
			item.Faultf("%q: %v", pattern, err)
		}
		for _, name := range names { // none is no fault, as for Prometheus
			s, err := Read(name, nil)
			if err != nil {
				item.Faultf("%v", err)
				continue
			}
			r.file(s)
		}
	})
}
