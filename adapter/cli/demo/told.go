package demo

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/decisions"
	"alertscale/adapter/controller"
)

// introduce says what there is to see.
func (d *demo) introduce() {
	d.screen.line(fmt.Sprintf("A simulated Deployment %s/%s, %g times as fast as life, under the files of", demoRef().Namespace, demoRef().Name, d.Speed))
	d.screen.line("examples/ as they are. Its alerts are posted over HTTP, as Alertmanager does;")
	d.screen.line("→ is what alertscale decides. Load is the CPU that it uses, of that requested.")
	d.screen.line("")
	for i, a := range d.alarms {
		d.about([...]string{"rules.conf", ""}[min(i, 1)], fmt.Sprintf("%s: load %s for %s, keep_firing_for %s",
			a.rule.Name, a.threshold, short(a.rule.For), short(a.rule.KeepFiring)))
	}
	g := &d.alarms[0].group
	d.about("config.yml", fmt.Sprintf("group_wait %s, group_interval %s, repeat_interval %s, here %s to show some",
		short(g.GroupWait), short(g.GroupInterval), short(g.RepeatInterval), short(g.repeatInterval())))
	target := d.file.Rules.Owner(demoRef(), "")
	first := "alertscale.yml"
	for _, r := range d.file.Rules.Rules {
		if r.Target == target {
			d.about(first, fmt.Sprintf("%s: %s", r.Name, strings.Replace(r.Action.String(), ": ", " ", 1)))
			first = ""
		}
	}
	d.about("", fmt.Sprintf("%s: min %d, max %d, cooldown up %s, down %s", target.Name, target.Min, target.Max, short(target.Cooldown.Up), short(target.Cooldown.Down)))
	d.screen.line("")
}

// about says something of a file.
func (d *demo) about(file, text string) {
	const column = 16
	for _, line := range wrap(text, width-column) {
		d.screen.line(fmt.Sprintf("%-*s%s", column, file, line))
		file = ""
	}
}

// Record implements controller.Sink: it shows a decision.
func (d *demo) Record(r controller.DecisionRecord) {
	d.mu.Lock()
	d.tally.note(&r)
	d.mu.Unlock()
	text := fmt.Sprintf("%s by %q: %s", cmp.Or(decisions.Change(&r.Decision), "unknown"), r.Rule, strings.Join(r.Why, "; "))
	d.screen.decision(r.At, string(r.Verdict), text)
}

// conclude says what happened, and what to do next.
func (d *demo) conclude(past time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen.line("")
	for _, line := range d.tally.lines(past) {
		d.screen.line(line)
	}
	d.screen.line("")
	if d.History != "" {
		d.screen.line("Next, the same again from what was recorded, as a page:")
		d.screen.line("  alertscale replay --config.file=examples/alertscale.yml --out=demo.html " + d.History)
		return
	}
	d.screen.line("Next, on the cluster of your kubeconfig, changing nothing:")
	d.screen.line("  alertscale --dry-run --config.file=examples/alertscale.yml")
}
