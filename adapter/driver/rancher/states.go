package rancher

import (
	"encoding/json"
	"fmt"
	"strings"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// service is a service of any kind, as far as it is of use here.
type service struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	AccountID            string          `json:"accountId"`
	StackID              string          `json:"stackId"`
	State                string          `json:"state"`
	Transitioning        string          `json:"transitioning"`
	TransitioningMessage string          `json:"transitioningMessage"`
	Scale                *int            `json:"scale"`
	ScalePolicy          json.RawMessage `json:"scalePolicy"`
	LaunchConfig         launchConfig    `json:"launchConfig"`
	Secondary            []launchConfig  `json:"secondaryLaunchConfigs"`
}

type launchConfig struct {
	Labels map[string]any `json:"labels"`
}

func (s *service) count() int {
	if s.Scale == nil {
		return 0
	}
	return *s.Scale
}

// gone reports whether a service has been removed, or is being removed.
func (s *service) gone() bool { return gone(s.State) }

func gone(state string) bool { return state == "removing" || state == "removed" || state == "purged" }

// observed is what the driver reports of a service.
func (s *service) observed() engine.Observed {
	o := engine.Observed{Count: s.count(), Ready: s.State == "active" && s.Transitioning == "no", Bounds: s.bounds()}
	if fact, ok := s.obstacle(); ok {
		o.Conditions = append(o.Conditions, fact)
	} else if s.stuck() {
		o.Conditions = append(o.Conditions, engine.Condition{Type: engine.ConditionNoted, Text: "stuck: " + oneLine(s.TransitioningMessage)})
	}
	return o
}

// bounds is what the labels of a service say of its bounds.
func (s *service) bounds() rules.BoundsSaid {
	labels := map[string]string{}
	for _, key := range []string{rules.KeyMin, rules.KeyMax} {
		if v, ok := s.LaunchConfig.Labels[key]; ok {
			labels[key] = fmt.Sprint(v)
		}
	}
	return rules.BoundsIn(labels)
}

// stuck reports whether containers of it cannot be placed. A smaller number heals it.
func (s *service) stuck() bool { return s.Transitioning == "error" }

// obstacle returns why nothing can be done to a service as it is; false where something can.
func (s *service) obstacle() (engine.Condition, bool) {
	switch {
	case s.Scale == nil:
		return engine.Condition{
			Type: engine.ConditionUnscalable, Text: "the service has no scale; only services that run containers of their own have one",
		}, true
	case s.global():
		return engine.Condition{
			Type: engine.ConditionUnscalable, Text: "the service is global, it runs once on every host: scale the hosts",
		}, true
	case s.hasPolicy():
		return engine.Condition{
			Type: engine.ConditionOwned,
			Text: "the service has a scalePolicy, by which Rancher scales it by itself; remove that to let alertscale scale it",
		}, true
	}
	return obstacleOf(s.State)
}

// obstacleOf is the table of states. A number written in one that is not here may be lost, or stored without
// anything being done.
func obstacleOf(state string) (engine.Condition, bool) {
	switch state {
	case "active", "updating-active", "activating", "finishing-upgrade", "rolling-back", "upgrading":
		return engine.Condition{}, false
	case "inactive", "updating-inactive", "deactivating":
		return engine.Condition{
			Type: engine.ConditionDisabled, Text: fmt.Sprintf("the service is %s, somebody switched it off: activate it", state),
		}, true
	}
	ends := map[string]string{
		"requested":         "that passes by itself",
		"registering":       "that passes by itself",
		"restarting":        "that passes by itself",
		"upgraded":          "finish the upgrade or roll it back",
		"canceling-upgrade": "roll the upgrade back once it is canceled, or continue it",
		"canceled-upgrade":  "roll the upgrade back or continue it",
	}[state]
	if ends == "" {
		ends = "that is no state in which Rancher is known to carry a change out; it ends when the service is active"
	}
	return engine.Condition{Type: engine.ConditionNotReady, Text: fmt.Sprintf("the service is %s: %s", state, ends)}, true
}

// done reports whether a number that a write left in this state is also carried out.
func done(state string) bool {
	_, stopped := obstacleOf(state)
	return !stopped
}

func (s *service) hasPolicy() bool {
	return len(s.ScalePolicy) > 0 && string(s.ScalePolicy) != "null"
}

func (s *service) global() bool {
	for _, c := range append([]launchConfig{s.LaunchConfig}, s.Secondary...) {
		if v, ok := c.Labels["io.rancher.scheduler.global"]; ok && strings.EqualFold(fmt.Sprint(v), "true") {
			return true
		}
	}
	return false
}
