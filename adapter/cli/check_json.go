package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"alertscale/rules/chain"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/common/model"
)

// checkJSON is what `check --format=json` prints.
type checkJSON struct {
	OK     bool        `json:"ok"`
	Files  []fileJSON  `json:"files"`
	Faults []faultJSON `json:"faults"` // of what alerts are followed through
}

type fileJSON struct {
	File      string      `json:"file"`
	OK        bool        `json:"ok"`
	Drivers   int         `json:"drivers"`
	Targets   int         `json:"targets"`
	Rules     int         `json:"rules"`
	RuleFiles []string    `json:"rule_files,omitempty"`
	Faults    []faultJSON `json:"faults"`
	Warnings  []faultJSON `json:"warnings"`
	Alerts    []alertJSON `json:"alerts,omitempty"`

	Connections []connectionJSON `json:"connections,omitempty"`
}

// faultJSON is a fault or a warning. One that is of no place has its text alone.
type faultJSON struct {
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Where string `json:"where,omitempty"`
	Text  string `json:"text"`
}

type alertJSON struct {
	chain.Followed
	Delays []delayJSON `json:"delays"`
}

// delayJSON is how long a step takes, by the keys that it comes from.
type delayJSON struct {
	When  string                    `json:"when"` // firing or resolved
	Total model.Duration            `json:"total"`
	Parts map[string]model.Duration `json:"parts"`
}

func (c *checker) printJSON(out io.Writer) int {
	all := checkJSON{OK: !c.failed(), Files: []fileJSON{}, Faults: faultsOf(c.fault)}
	for _, f := range c.files {
		j := fileJSON{File: f.name, OK: !f.failed(), Faults: faultsOf(f.fault), Warnings: faultsOf(joined(f.allWarnings()))}
		if f.file != nil {
			j.Drivers, j.Targets, j.Rules = len(f.file.Drivers), len(f.file.Rules.Targets), len(f.file.Rules.Rules)
			for _, r := range f.file.RuleFiles {
				j.RuleFiles = append(j.RuleFiles, r.Name)
			}
		}
		if f.chain != nil {
			j.Alerts = alertsJSON(f.chain.Alerts)
		}
		if f.connected != nil {
			j.Faults = append(j.Faults, faultsOf(f.connected.fault)...)
			j.Connections = f.connected.json()
		}
		all.Files = append(all.Files, j)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil || !all.OK {
		return 1
	}
	return 0
}

func alertsJSON(followed []chain.Followed) []alertJSON {
	all := make([]alertJSON, len(followed))
	for i, a := range followed {
		all[i] = alertJSON{a, []delayJSON{}}
		for _, d := range a.Delays {
			j := delayJSON{When: "firing", Total: model.Duration(d.Total), Parts: map[string]model.Duration{}}
			if d.Resolved {
				j.When = "resolved"
			}
			for _, p := range d.Parts {
				j.Parts[p.Key] = model.Duration(p.For)
			}
			all[i].Delays = append(all[i].Delays, j)
		}
	}
	return all
}

// faultsOf takes an error apart.
func faultsOf(err error) []faultJSON {
	if err == nil {
		return []faultJSON{}
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		all := []faultJSON{}
		for _, e := range many.Unwrap() {
			all = append(all, faultsOf(e)...)
		}
		return all
	}
	var f *yamldoc.Fault
	if errors.As(err, &f) {
		return []faultJSON{{f.File, f.Line, f.Where, f.What}}
	}
	return []faultJSON{{Text: fmt.Sprint(err)}}
}
