package controller

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log/level"
)

// prepare stores what was decided, with the driver's plan where it has one.
func (r *round) prepare(conn Conn, out *rules.Outcome) error {
	en := r.en
	if planner, ok := conn.Driver.(Planner); ok && out.Change != nil {
		plan, err := r.plan(conn, planner, *out.Change)
		if err != nil {
			return err
		}
		if plan != nil {
			en.mem = rules.Planned(en.mem, plan)
			out.Change.Plan = plan
		}
	}
	return en.save(r.a.work, r.a.Store)
}

func (r *round) plan(conn Conn, p Planner, c engine.Change) (plan json.RawMessage, err error) {
	err = r.call(conn, "plan", func(ctx context.Context) (err error) {
		plan, err = p.Plan(ctx, r.en.ref, c)
		return err
	})
	return plan, err
}

// carryOn goes on with a change that was begun by a plan.
func (r *round) carryOn(conn Conn, c engine.Change) (done, again bool) {
	in := r.en.mem.Intent
	d := engine.Decision{
		Ref: r.en.name, Target: r.target.Name, Rule: in.Rule, Verdict: engine.Scaled, From: &c.From, To: &c.To,
		Why: []string{fmt.Sprintf("carried on: %d → %d, begun at %s", c.From, c.To, in.At.Format(time.RFC3339))},
	}
	return r.change(conn, c, []engine.Decision{d})
}

// giveUp ends a plan whose rest was refused for long enough. The next round reads what came of it.
func (r *round) giveUp(now time.Time) {
	en := r.en
	next, over := rules.GiveUp(en.mem, now)
	if !over {
		return
	}
	in := en.mem.Intent
	_ = level.Warn(r.a.Logger).Log("msg", "the rest of a change is given up: it was refused again and again; what there is counts as done",
		"ref", en.name, "from", in.From, "to", in.To, "at", in.At.Format(time.RFC3339))
	en.mem, en.unsaved = next, true
	if err := en.save(r.a.work, r.a.Store); err != nil {
		r.a.logStore(en, err)
	}
}
