package cli

import (
	"errors"
	"fmt"
	"io"

	"alertscale/adapter/promfiles"
	"alertscale/rules/chain"
)

// readChain reads what alerts are followed through.
func (c *checker) readChain() {
	o := c.options
	c.follows = len(o.Rules) > 0 || len(o.Alertmanager) > 0
	switch {
	case !c.follows:
		return
	case len(o.Rules) == 0:
		c.fault = errors.New("--alertmanager-config wants --rules: the files of Prometheus's rules, whose alerts are followed")
		return
	case len(o.Alertmanager) == 0:
		c.fault = errors.New("--rules wants --alertmanager-config: the file of Alertmanager, through whose routes alerts are followed")
		return
	}
	ruleFiles, err := promfiles.Sources(o.Rules, o.Stdin)
	routeFiles, errRoutes := promfiles.Sources(o.Alertmanager, o.Stdin)
	if c.fault = errors.Join(err, errRoutes); c.fault != nil {
		return
	}
	c.input.Prometheus, err = promfiles.ReadRules(ruleFiles)
	c.input.Trees, errRoutes = promfiles.ReadAlertmanager(routeFiles)
	if c.fault = errors.Join(err, errRoutes); c.fault == nil && len(c.input.Prometheus.Alerts) == 0 {
		c.fault = errors.New("--rules: no file holds an alerting rule")
	}
}

// follow follows all alerts to the rules of a file.
func (c *checker) follow(f checked) *chain.Report {
	in := c.input
	in.File, in.Rules = f.name, f.file.Rules
	for _, h := range f.file.Hooks {
		in.Hooks = append(in.Hooks, chain.Hook{Name: h.Name, Labels: h.Labels})
	}
	report := chain.Follow(in)
	for _, w := range report.Warnings {
		w.What = f.file.Written(w.What)
	}
	return &report
}

// printAlerts tells where each alert goes.
func (f *checked) printAlerts(out io.Writer) {
	for _, a := range f.chain.Alerts {
		fmt.Fprintf(out, "  %s: %s\n", a.Place, a.String())
	}
}

// followed ends the summary of a file; empty where no alerts were followed.
func (f *checked) followed() string {
	if f.chain == nil || len(f.chain.Alerts) == 0 {
		return ""
	}
	reaching := 0
	for _, a := range f.chain.Alerts {
		if len(a.Rules) > 0 {
			reaching++
		}
	}
	return fmt.Sprintf("; %d of %s reach a rule", reaching, count(len(f.chain.Alerts), "alert"))
}
