// Package upgrade gives workloads the image that was pushed to their repository: what the file says of that, what registries
// post, and what is done about a push, as a function of what was posted, what was read and the time.
package upgrade

import (
	"path"
	"regexp"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// Upgrade is an item of the file's upgrades. It does not change.
type Upgrade struct {
	Name      string
	Hook      string         // the hook that it takes pushes from
	Image     string         // a pattern of path.Match for the repository, in full
	Tag       *regexp.Regexp // anchored
	Driver    string
	Where     Where
	Container string // the only one that is upgraded; empty: every one of the repository
	Pace      Pace
	DryRun    bool // its own, or the process's
	TagsOnly  bool // a workload of the driver takes no image that has both a tag and a digest

	line int
}

// Where says which workloads are meant: one by its name, or those that have labels.
type Where struct {
	Kind, Namespace, Name string
	Selector              rules.Labels // sorted by name; with it there are no kind and no name
}

// Ref returns the workload of an upgrade that names it; false where it has a selector.
func (u *Upgrade) Ref() (rules.Ref, bool) {
	w := &u.Where
	return rules.Ref{Driver: u.Driver, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}, w.Selector == nil
}

// Pace is how a driver proceeds, as far as the file says.
type Pace struct {
	Batch      int            // how many at a time; 0: not said
	Interval   *time.Duration // from one batch to the next
	StartFirst *bool          // the new one starts before the old one ends
}

// Schema is what the upgrades of a driver may say.
type Schema struct {
	Kinds      []string // of workloads
	Namespace  bool     // they are in one
	Containers bool     // a workload may have several
	Pace       bool     // batch, interval and start_first mean something
	TagsOnly   bool     // an image has a tag or a digest, not both
}

// Missed returns why a push is not for the upgrade; empty: it is.
func (u *Upgrade) Missed(p Push) (why string) {
	if ok, _ := path.Match(u.Image, p.Repository); !ok { // the pattern has been checked
		return "the repository " + p.Repository + " does not match image " + u.Image
	}
	if !u.Tag.MatchString(p.Tag) {
		return "the tag \"" + p.Tag + "\" does not match tag " + strings.TrimSuffix(strings.TrimPrefix(u.Tag.String(), "^(?:"), ")$")
	}
	return ""
}

// Choose returns the last of some pushes that is for the upgrade; false where none is.
func (u *Upgrade) Choose(all []Push) (Push, bool) {
	for i := len(all) - 1; i >= 0; i-- {
		if u.Missed(all[i]) == "" {
			return all[i], true
		}
	}
	return Push{}, false
}

// Options are what upgrades are read with.
type Options struct {
	Hooks   []string           // the names of the hooks that there are
	Drivers map[string]*Schema // by the driver's name; nil: its type upgrades nothing
	Rules   func(name string) bool
	DryRun  bool // of the process
}

// ReadAll reads the file's list of upgrades. What is wrong becomes a fault of the document.
func ReadAll(n yamldoc.Node, o Options) (all []*Upgrade) {
	byName := map[string]*Upgrade{}
	n.Items(func(_ int, item yamldoc.Node) {
		u := o.read(item)
		if u == nil {
			return
		}
		switch first := byName[u.Name]; {
		case u.Name == "": // which is a fault already
		case first != nil:
			item.Faultf("the name is duplicated, first on line %d", first.line)
		case o.Rules(u.Name):
			item.Faultf("the name is a rule's, too; decisions are told apart by it: give it another")
		}
		byName[u.Name] = u
		all = append(all, u)
	})
	return all
}

// read reads one upgrade; nil where it is none.
func (o *Options) read(n yamldoc.Node) *Upgrade {
	u := &Upgrade{DryRun: o.DryRun, line: n.Line()}
	n.Fields([]yamldoc.Field{
		{Key: "name", Read: func(v yamldoc.Node) { u.Name = v.Text() }},
		{Key: "hook", Read: func(v yamldoc.Node) { u.Hook = v.Text() }},
		{Key: "image", Read: func(v yamldoc.Node) { u.Image = readImage(v) }},
		{Key: "tag", Read: func(v yamldoc.Node) { u.Tag = readTag(v) }},
		{Key: "driver", Read: func(v yamldoc.Node) { u.Driver = v.Text() }},
		{Key: "selector", Read: func(v yamldoc.Node) { u.Where.Selector = readSelector(v) }},
		{Key: "kind", Read: func(v yamldoc.Node) { u.Where.Kind = v.Text() }},
		{Key: "namespace", Read: func(v yamldoc.Node) { u.Where.Namespace = readPart(v) }},
		{Key: "workload", Read: func(v yamldoc.Node) { u.Where.Name = readPart(v) }},
		{Key: "batch", Read: func(v yamldoc.Node) { u.Pace.Batch = v.Int(1) }},
		{Key: "interval", Read: func(v yamldoc.Node) { d := v.Duration(); u.Pace.Interval = &d }},
		{Key: "start_first", Read: func(v yamldoc.Node) { b := v.Bool(); u.Pace.StartFirst = &b }},
		{Key: "container", Read: func(v yamldoc.Node) { u.Container = v.Text() }},
		{Key: "dry_run", Read: func(v yamldoc.Node) { u.DryRun = v.Bool() || o.DryRun }},
	})
	if !n.IsMap() {
		if n.IsNull() {
			n.Faultf("is empty, want name, hook, image, tag, driver, and which workloads")
		}
		return nil
	}
	o.check(u, n)
	return u
}
