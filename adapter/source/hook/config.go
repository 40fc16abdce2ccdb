package hook

import (
	"time"

	"alertscale/rules"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/common/model"
)

// defaultFor is how long a hook's alert fires where the file does not say.
const defaultFor = 5 * time.Minute

// Config is a hook's block of the file.
type Config struct {
	Name      string        // the last part of its path
	TokenFile string        // what a sender has to show
	Labels    rules.Labels  // of each of its alerts
	For       time.Duration // how long its alert fires: keep_firing_for
	Rules     rules.Scope   // that it may touch
	Line      int           // of the file
}

// ReadConfig reads the block of a name. What is wrong with it becomes a fault of the document.
func ReadConfig(name string, n yamldoc.Node) Config {
	c := Config{Name: name, For: defaultFor, Line: n.Line()}
	if !validName(name) {
		n.Faultf("the name is a part of the path /hook/NAME: want letters, digits, - and _ only")
	}
	n.Fields([]yamldoc.Field{
		{Key: "token_file", Read: func(n yamldoc.Node) { c.TokenFile = n.File() }},
		{Key: "labels", Read: func(n yamldoc.Node) { c.Labels = readOwn(n) }},
		{Key: "keep_firing_for", Read: c.readFor},
		{Key: "for", Read: c.readFor},
		{Key: "rules", Read: func(n yamldoc.Node) { c.Rules = rules.ReadScope(n) }},
	})
	if n.Has("keep_firing_for") && n.Has("for") {
		n.Child("for").Faultf("is another name of keep_firing_for, which is there, too; keep one of them")
	}
	if !n.Has("token_file") && (n.IsMap() || n.IsNull()) {
		n.Faultf("has no token_file: the file that holds what a sender has to show, as a bearer token or as ?key=")
	}
	return c
}

// readFor reads how long an alert fires, under either of its names.
func (c *Config) readFor(n yamldoc.Node) {
	c.For = n.DurationAbove0(": for as long as this, the hook's alert fires")
}

func validName(name string) bool {
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return name != ""
}

func readOwn(n yamldoc.Node) []rules.Label {
	own := map[string]string{}
	n.Each(func(name string, v yamldoc.Node) {
		switch {
		case name == "hook":
			v.Faultf("is set to the hook's name by itself; take another name")
		case !model.UTF8Validation.IsValidLabelName(name):
			v.Faultf("%q is no name of a label", name)
		}
		own[name], _ = v.Scalar()
	})
	return sorted(own)
}

// Alert returns the labels of the alert that a POST with labels brings: those of the file win, and so does hook, the hook's
// name.
func (c *Config) Alert(posted rules.Labels) rules.Labels {
	labels := map[string]string{}
	for _, l := range posted {
		labels[l.Name] = l.Value
	}
	return c.withOwn(labels)
}

// withOwn adds the hook's own labels.
func (c *Config) withOwn(labels map[string]string) rules.Labels {
	for _, l := range c.Labels {
		labels[l.Name] = l.Value
	}
	labels["hook"] = c.Name
	return sorted(labels)
}
