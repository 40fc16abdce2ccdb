package client

import (
	"context"
	"strconv"

	"alertscale/adapter/controller"
)

const rulesPath = "/api/v1/rules"

// Rules prints the rules of the active file, in its order.
func Rules(ctx context.Context, o Options) error {
	c, err := o.connect()
	if err != nil {
		return err
	}
	all, raw, err := list[controller.RuleStatus](ctx, c, rulesPath, nil)
	if err != nil {
		return err
	}
	switch o.Output {
	case JSON:
		return printJSON(o.Out, raw)
	case Extended:
		entries := make([]entry, len(all))
		for i := range all {
			entries[i] = ruleEntry(&all[i])
		}
		printEntries(o.Out, entries)
	default:
		ruleTable(all).write(o.Out)
	}
	return nil
}

func ruleTable(all []controller.RuleStatus) *table {
	t := &table{heads: []string{"RULE", "TARGET", "ACTION", "WHEN", "ACTIVE"}, numbers: []string{"ACTIVE"}}
	for i := range all {
		r := &all[i]
		t.add(r.Name, r.Target, action(r), r.When, strconv.Itoa(len(r.Active)))
	}
	return t
}

func action(r *controller.RuleStatus) string {
	if r.DryRun {
		return r.Action + " (dry run)"
	}
	return r.Action
}

func ruleEntry(r *controller.RuleStatus) entry {
	e := entry{title: r.Name}
	e.field("target", r.Target)
	e.field("action", action(r)+", when "+r.When)
	e.field("cooldown", r.Cooldown)
	e.field("matchers", r.Matchers...)
	e.field("active", r.Active...)
	return e
}
