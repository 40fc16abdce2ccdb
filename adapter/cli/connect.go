package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/rules/engine"

	"github.com/prometheus/common/version"
)

// connected is what was found out about the drivers of a file, and the workloads of its fixed targets.
type connected struct {
	fault     error               // why there are no drivers of it, such as a file of credentials that cannot be read
	surveys   []controller.Survey // by the name of the driver
	templates int                 // targets of which alerts name what is theirs
}

// connect asks each driver of a file where it is connected, and looks for the workloads of its fixed targets. It changes
// nothing.
func connect(f *config.File) *connected {
	conns, err := config.Connect(f, nil, config.Options{Version: version.Version})
	if err != nil {
		return &connected{fault: err}
	}
	defer conns.Close()
	c, file := &connected{templates: len(f.Rules.Targets)}, conns.File()
	for _, name := range slices.Sorted(maps.Keys(file.Drivers)) {
		s := controller.LookAround(context.Background(), name, file.Drivers[name], f.Rules)
		c.surveys, c.templates = append(c.surveys, s), c.templates-len(s.Targets)
	}
	return c
}

// well reports whether every driver is up and every workload is there.
func (c *connected) well() bool {
	missing := func(s controller.Survey) bool { return s.Err != nil || s.Found() < len(s.Targets) }
	return c.fault == nil && !slices.ContainsFunc(c.surveys, missing)
}

func (c *connected) show(out, errOut io.Writer) {
	if c.fault != nil {
		fmt.Fprintf(errOut, "  FAILED:\n%v\n", c.fault)
		return
	}
	for i := range c.surveys {
		printSurvey(out, errOut, &c.surveys[i])
	}
	if c.templates > 0 {
		fmt.Fprintf(out, "  %s not looked for: alerts name what is theirs\n", is(c.templates, "target with a template", "targets with templates"))
	}
}

// printSurvey prints what was found out about a driver.
func printSurvey(out, errOut io.Writer, s *controller.Survey) {
	if s.Err != nil {
		fmt.Fprintf(errOut, "  FAILED: drivers.%s: %v\n", s.Driver, s.Err)
		for i := range s.Targets {
			fmt.Fprintf(errOut, "  FAILED: targets.%s: %s was not looked for\n", s.Targets[i].Target, s.Targets[i].Ref)
		}
		return
	}
	fmt.Fprintf(out, "  drivers.%s: %s: %d of %s found\n", s.Driver, connection(s.Endpoint), s.Found(), count(len(s.Targets), "fixed target"))
	for i := range s.Targets {
		if t := &s.Targets[i]; t.Outcome == engine.Succeeded {
			fmt.Fprintf(out, "  targets.%s: %s has count %d\n", t.Target, t.Ref, t.Count)
		} else {
			fmt.Fprintf(errOut, "  FAILED: targets.%s: %s: %s\n", t.Target, t.Ref, t.Why)
		}
	}
}

// connection says where a driver is connected, as far as that is known.
func connection(e controller.Endpoint) string {
	text := "connected"
	if e.Address != "" {
		text += " to " + e.Address
	}
	if e.User != "" {
		text += ", as " + e.User
	}
	if e.Version != "" {
		text += ", version " + e.Version
	}
	return text
}

// is says that one thing is, or several are.
func is(n int, one, more string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return fmt.Sprintf("%d %s are", n, more)
}

// connectionJSON is what was found out about a driver.
type connectionJSON struct {
	Driver  string       `json:"driver"`
	Address string       `json:"address,omitempty"`
	User    string       `json:"user,omitempty"`
	Version string       `json:"version,omitempty"`
	Error   string       `json:"error,omitempty"` // why it is down
	Targets []targetJSON `json:"targets"`         // the fixed ones
}

type targetJSON struct {
	Target string `json:"target"`
	Ref    string `json:"ref"`
	Count  *int   `json:"count"`           // null: it was not found, or not looked for
	Error  string `json:"error,omitempty"` // why it was not found
}

func (c *connected) json() (all []connectionJSON) {
	for _, s := range c.surveys {
		j := connectionJSON{Driver: s.Driver, Address: s.Endpoint.Address, User: s.Endpoint.User, Version: s.Endpoint.Version, Targets: []targetJSON{}}
		if s.Err != nil {
			j.Error = s.Err.Error()
		}
		for i := range s.Targets {
			f := &s.Targets[i]
			t := targetJSON{Target: f.Target, Ref: f.Ref.String()}
			switch {
			case f.Outcome == engine.Succeeded:
				t.Count = &f.Count
			case s.Err == nil:
				t.Error = f.Why
			}
			j.Targets = append(j.Targets, t)
		}
		all = append(all, j)
	}
	return all
}
