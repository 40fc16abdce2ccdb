package client

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"alertscale/adapter/cli/internal/api"
	"alertscale/adapter/controller"
	"alertscale/rules/yamldoc"
)

// DecisionsQuery selects decisions; an empty field selects all.
type DecisionsQuery struct {
	Ref, Rule, Verdict string
	Since              string // how long ago, such as 5m, or a time as in RFC 3339 or in Unix seconds
	Limit              int    // 0: all
}

// Decisions prints what was decided, newest first.
func Decisions(ctx context.Context, o Options, q DecisionsQuery) error {
	c, err := o.connect()
	if err != nil {
		return err
	}
	all, raw, err := list[controller.DecisionRecord](ctx, c, "/api/v1/decisions", q.values())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		if err := q.unknown(ctx, c); err != nil {
			return err
		}
	}
	switch o.Output {
	case JSON:
		return printJSON(o.Out, raw)
	case Extended:
		entries := make([]entry, len(all))
		for i := range all {
			entries[i] = decisionEntry(&all[i])
		}
		printEntries(o.Out, entries)
	default:
		decisionTable(all, o.Now()).write(o.Out)
	}
	if q.Limit > 0 && len(all) == q.Limit {
		fmt.Fprintf(o.Err, "There may be more than these %d: --limit=N, 0 for all.\n", q.Limit)
	}
	return nil
}

func (q *DecisionsQuery) values() url.Values {
	values := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	for name, value := range map[string]string{"ref": q.Ref, "rule": q.Rule, "verdict": q.Verdict, "since": q.Since} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

// unknown returns an error where the ref or the rule that was asked for is not there, so that nothing can be found.
func (q *DecisionsQuery) unknown(ctx context.Context, c *api.Client) error {
	upgrades, _, err := list[controller.UpgradeStatus](ctx, c, "/api/v1/upgrades", nil)
	if err != nil {
		return err
	}
	if q.Ref != "" {
		refs, err := knownRefs(ctx, c)
		for i := range upgrades {
			for _, w := range upgrades[i].Workloads {
				refs = append(refs, w.Ref)
			}
		}
		if err == nil && !slices.Contains(refs, q.Ref) {
			err = unknownRef(q.Ref, refs)
		}
		if err != nil {
			return err
		}
	}
	if q.Rule == "" {
		return nil
	}
	all, _, err := list[controller.RuleStatus](ctx, c, rulesPath, nil)
	if err != nil {
		return err
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Name)
	}
	for i := range upgrades {
		names = append(names, upgrades[i].Name)
	}
	if !slices.Contains(names, q.Rule) {
		return fmt.Errorf("the file has no rule %q%s", q.Rule, yamldoc.Hint(q.Rule, names))
	}
	return nil
}

func decisionTable(all []controller.DecisionRecord, now time.Time) *table {
	t := &table{heads: []string{"TIME (UTC)", "VERDICT", "COUNT", "REF", "RULE"}}
	for i := range all {
		d := &all[i]
		t.add(shortStamp(d.At, now), string(d.Verdict), change(d.From, d.To), orNone(d.Ref), orNone(d.Rule))
	}
	return t
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

func decisionEntry(d *controller.DecisionRecord) entry {
	e := entry{title: fmt.Sprintf("%s  %s", stamp(d.At), d.Verdict)}
	if d.From != nil {
		e.title += " " + change(d.From, d.To)
	}
	e.field("ref", orNone(d.Ref))
	e.field("target", d.Target)
	e.field("rule", d.Rule)
	e.field("why", d.Why...)
	e.field("alerts", d.AlertTexts()...)
	e.field("receiver", d.Receiver)
	e.field("group", d.Group)
	return e
}
