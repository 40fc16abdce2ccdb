package controller

import "time"

// TargetStatus is what the API tells of a ref.
type TargetStatus struct {
	Ref        string         `json:"ref"`
	Target     string         `json:"target"`
	Count      *int           `json:"count"`       // as last read; null before the first read
	Min        int            `json:"min"`         // the target's or, within that, the workload's own, as last read
	Max        int            `json:"max"`         // likewise
	Ready      *bool          `json:"ready"`       // as last read
	LastChange *time.Time     `json:"last_change"` // of ours
	Cooldown   CooldownStatus `json:"cooldown"`
	Active     []ActiveRule   `json:"active"`
	Disabled   bool           `json:"disabled,omitzero"`   // count 0 under a min above 0: somebody switched it off
	LeftAlone  bool           `json:"left_alone,omitzero"` // it is to say its own bounds, and does not
	Paused     bool           `json:"paused"`              // in the file, or over the API
	Pauses     []PauseStatus  `json:"pauses,omitempty"`    // over the API
}

// PauseStatus is a pause of a ref.
type PauseStatus struct {
	Direction string    `json:"direction"` // up, down, both
	Until     time.Time `json:"until"`
}

// CooldownStatus holds the times when the cooldowns of a ref end; null where none runs.
type CooldownStatus struct {
	Up   *time.Time `json:"up"`
	Down *time.Time `json:"down"`
}

// ActiveRule is a rule of which alerts fire for a ref.
type ActiveRule struct {
	Rule   string    `json:"rule"`
	Since  time.Time `json:"since"`
	Alerts int       `json:"alerts"`
}

// RuleStatus is what the API tells of a rule.
type RuleStatus struct {
	Name     string   `json:"name"`
	Matchers []string `json:"matchers"`
	Target   string   `json:"target"`
	Action   string   `json:"action"` // as written: "up: 2"
	When     string   `json:"when"`
	Cooldown string   `json:"cooldown,omitempty"`
	DryRun   bool     `json:"dry_run"`
	Active   []string `json:"active"` // the refs for which it is active
}
