package controller

import (
	"alertscale/rules/engine"
	"strconv"
	"strings"

	"github.com/go-kit/log/level"
)

// report counts decisions and logs and remembers those that are not duplicates.
func (a *Adapter) report(all ...engine.Decision) {
	for i := range all {
		d := &all[i]
		a.Metrics.decided(d)
		if d.Verdict == engine.Duplicate {
			continue
		}
		a.history.add(Logged{a.Now(), *d})
		_ = level.Info(a.Logger).Log("msg", "decision", "ref", d.Ref, "target", d.Target, "rule", d.Rule, "verdict", d.Verdict,
			"from", number(d.From), "to", number(d.To), "why", strings.Join(d.Why, "; "))
	}
}

func number(n *int) string {
	if n == nil {
		return "unknown"
	}
	return strconv.Itoa(*n)
}

func (a *Adapter) logStore(en *entry, err error) {
	_ = level.Error(a.Logger).Log("msg", "storing is tried again", "ref", en.name, "err", err)
}
