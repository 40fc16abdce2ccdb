package remote

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

const (
	defaultQueue = 1000
	maxQueue     = 100_000
)

// Config is a sink of the file.
type Config struct {
	Name      string // what metrics and the log call it
	Type      string // a name of the table of types
	URL       string
	TokenFile string // of the bearer token that is shown; empty: none is
	Queue     int    // how many decisions wait for it at most
	Verdicts  []engine.Verdict

	Where string // in the file, for messages
	Line  int

	named bool // by the file
}

// usual are the verdicts that a sink is told where the file does not say: what was done, what came to its end, and what was
// refused. What waits for a while, or only might have been done, is not told.
func usual() []engine.Verdict {
	return []engine.Verdict{
		engine.Scaled, engine.Upgraded, engine.Ended, engine.AtBound, engine.Disabled, engine.Owned, engine.Reverted, engine.Failed, engine.Rejected,
	}
}

// ReadConfig reads the list of sinks. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) (all []Config) {
	n.Items(func(i int, n yamldoc.Node) {
		c := read(i, n)
		for _, other := range all {
			switch {
			case c.Name == other.Name && c.Name != "":
				n.Faultf("name %q is that of another sink too; give each its own", c.Name)
			case c.URL != "" && c.key() == other.key():
				n.Faultf("is told what %s is told: type, url and token_file are the same; keep one of them, or give one a name", other.Where)
			}
		}
		all = append(all, c)
	})
	return all
}

func read(i int, n yamldoc.Node) Config {
	c := Config{Queue: defaultQueue, Verdicts: usual(), Where: n.Where(), Line: n.Line()}
	var at *yamldoc.Node
	n.Fields([]yamldoc.Field{
		{Key: "name", Read: func(n yamldoc.Node) { c.Name, c.named = readName(n), true }},
		{Key: "type", Read: func(n yamldoc.Node) { c.Type = readType(n) }},
		{Key: "url", Read: func(n yamldoc.Node) { at = &n }},
		{Key: "token_file", Read: func(n yamldoc.Node) { c.TokenFile = n.File() }},
		{Key: "queue", Read: func(n yamldoc.Node) { c.Queue = readQueue(n) }},
		{Key: "verdicts", Read: func(n yamldoc.Node) { c.Verdicts = readVerdicts(n) }},
	})
	if at != nil {
		c.URL = readURL(*at, c.Type)
	}
	if !c.named {
		c.Name = fmt.Sprintf("%s-%d", c.Type, i)
	}
	if n.IsMap() || n.IsNull() {
		if !n.Has("type") {
			n.Faultf("has no type; there are %s", typeNames())
		}
		if at == nil {
			n.Faultf("has no url: where it is told")
		}
	}
	return c
}

func readName(n yamldoc.Node) string {
	name := n.Text()
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			n.Faultf("%q is told by metrics and the log: want letters, digits, -, _ and . only", name)
			break
		}
	}
	return name
}

func readType(n yamldoc.Node) string {
	name := n.Text()
	if _, ok := types()[name]; !ok && name != "" {
		n.Faultf("%q is unknown%s; there are %s", name, yamldoc.Hint(name, slices.Sorted(maps.Keys(types()))), typeNames())
	}
	return name
}

func readQueue(n yamldoc.Node) int {
	queue := n.Int(1)
	if queue > maxQueue {
		n.Faultf("is %d, want at most %d", queue, maxQueue)
	}
	return queue
}

func readVerdicts(n yamldoc.Node) (all []engine.Verdict) {
	var known []string
	for _, v := range engine.Verdicts() {
		if v != engine.Duplicate {
			known = append(known, string(v))
		}
	}
	n.Items(func(_ int, n yamldoc.Node) {
		v := n.Text()
		switch {
		case v == "":
		case v == string(engine.Duplicate):
			n.Faultf("%q is never told: nothing is new", v)
		case !slices.Contains(known, v):
			n.Faultf("%q is none of %s%s", v, strings.Join(known, ", "), yamldoc.Hint(v, known))
		case slices.Contains(all, engine.Verdict(v)):
			n.Faultf("%q is duplicated", v)
		default:
			all = append(all, engine.Verdict(v))
		}
	})
	if y := n.Item(0); n.IsList() && y == nil {
		n.Faultf("is empty, so that nothing is told; without it the usual ones are")
	}
	return all
}

// readURL reads an address. It repeats none that may have a secret in it.
func readURL(n yamldoc.Node, kind string) string {
	text := n.Text()
	if text == "" {
		return ""
	}
	at, err := address(text, types()[kind])
	if err != nil {
		n.Faultf("%v", err)
		return ""
	}
	return at
}

func address(text string, t kind) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("is no URL; want http://HOST/PATH")
	case strings.Contains(text, "@") && u.User != nil:
		return "", errors.New("has credentials in it; use token_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", errors.New("is no http or https URL; want http://HOST/PATH")
	case strings.Contains(text, "#"):
		return "", errors.New("has a fragment, which no server sees; leave out what comes from # on")
	case t.path == "":
		return u.String(), nil
	case u.RawQuery != "" || u.ForceQuery:
		return "", errors.New("has a query; want the address of Grafana, http://HOST:3000, with its path where it has one")
	}
	base := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), t.path)
	u.Path, u.RawPath = base, ""
	return strings.TrimRight(u.String(), "/") + t.path, nil
}

// key is by what a sink is known again in another file: its name, or whom it tells.
func (c *Config) key() string {
	if c.named {
		return "name " + c.Type + " " + c.Name
	}
	return strings.Join([]string{c.Type, c.URL, c.TokenFile}, "\n")
}

// dryRuns reports whether a sink is told of dry runs.
func (c *Config) dryRuns() bool { return slices.Contains(c.Verdicts, engine.DryRun) }
