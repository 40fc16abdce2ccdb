package rules

import (
	"time"

	"alertscale/rules/yamldoc"
)

// TargetOptions are what a target may say beside its bounds and cooldowns.
type TargetOptions struct {
	Behavior *Behavior // nil: it has none
	// WaitReady is for how long at the most a step up waits until the one before is ready; zero: it does not wait.
	WaitReady time.Duration
	// OverrideOwner says that another autoscaler which owns the count is no reason to leave it alone.
	OverrideOwner bool
	Paused        bool
	Restore       *Restore // nil: it does not go back by itself
}

func (o *TargetOptions) fields() []yamldoc.Field {
	return []yamldoc.Field{
		{Key: "behavior", Read: func(v yamldoc.Node) { o.Behavior = readBehavior(v) }},
		{Key: "wait_ready", Read: func(v yamldoc.Node) { o.WaitReady = v.Duration() }},
		{Key: "paused", Read: func(v yamldoc.Node) { o.Paused = v.Bool() }},
		{Key: "when_owned", Read: func(v yamldoc.Node) {
			switch text := v.Text(); text {
			case "refuse", "":
			case "override":
				o.OverrideOwner = true
			default:
				v.Faultf("%q is neither refuse nor override", text)
			}
		}},
	}
}
