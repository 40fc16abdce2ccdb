package upgrade

import (
	"encoding/json"
	"fmt"
	"time"

	"alertscale/rules"
)

// state is what is remembered of an upgrade.
type state struct {
	Push      *Push     // that is being carried out; nil: none
	Number    uint64    // of the push, to tell it from others
	At        time.Time // when it came
	Found     bool      // the workloads are those that it is for
	Workloads []*workload
}

// workload is what is remembered of a workload.
type workload struct {
	Ref     rules.Ref
	Open    bool    // the push is still to be applied to it
	Number  uint64  // of the last push that it is done with
	Applied *Push   // the last one that was applied; nil: none
	Intent  *intent // nil: there is none
	// Tried are changes of which a read said that they were not made, though their answers were lost, oldest first. One that
	// lands after that is to be finished like any other.
	Tried []*intent
}

// maxTried is how many of them are remembered.
const maxTried = 8

// intent is a change that was stored before it was asked for.
type intent struct {
	Push    Push
	Number  uint64
	At      time.Time
	Images  []Container
	Steps   []string // what becomes of which container, for people
	Restart bool
	Before  string // Restarts of the workload before
	Finish  bool   // it is to be finished once it is Upgraded
	Taken   bool   // the API took it: what is left is to finish it
}

// schemaVersion is the version of what is stored. The stored structs are a schema of their own, apart from those that are
// worked on; testdata has a file of each version.
const schemaVersion = 1

type storedRecord struct {
	Version   int              `json:"version"`
	Upgrade   string           `json:"upgrade"`
	Push      *storedPush      `json:"push,omitempty"`
	Number    uint64           `json:"number,omitempty"`
	At        time.Time        `json:"at,omitzero"`
	Found     bool             `json:"found,omitempty"`
	Workloads []storedWorkload `json:"workloads,omitempty"`
}

type storedPush struct {
	Repository string `json:"repository"`
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
	Mark       string `json:"mark,omitempty"`
}

type storedWorkload struct {
	Ref     rules.Ref      `json:"ref"`
	Open    bool           `json:"open,omitempty"`
	Number  uint64         `json:"number,omitempty"`
	Applied *storedPush    `json:"applied,omitempty"`
	Intent  *storedIntent  `json:"intent,omitempty"`
	Tried   []storedIntent `json:"tried,omitempty"`
}

type storedIntent struct {
	Push    storedPush        `json:"push"`
	Number  uint64            `json:"number"`
	At      time.Time         `json:"at"`
	Images  []storedContainer `json:"images"`
	Steps   []string          `json:"steps,omitempty"`
	Restart bool              `json:"restart,omitempty"`
	Before  string            `json:"before,omitempty"`
	Finish  bool              `json:"finish,omitempty"`
	Taken   bool              `json:"taken,omitempty"`
}

type storedContainer struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

// encode returns what a store is to hold of an upgrade; nil: nothing.
func (s *state) encode(name string) []byte {
	if s.Push == nil && len(s.Workloads) == 0 {
		return nil
	}
	r := storedRecord{Version: schemaVersion, Upgrade: name, Push: (*storedPush)(s.Push), Number: s.Number, At: s.At, Found: s.Found}
	for _, w := range s.Workloads {
		stored := storedWorkload{Ref: w.Ref, Open: w.Open, Number: w.Number, Applied: (*storedPush)(w.Applied)}
		if w.Intent != nil {
			in := w.Intent.stored()
			stored.Intent = &in
		}
		for _, in := range w.Tried {
			stored.Tried = append(stored.Tried, in.stored())
		}
		r.Workloads = append(r.Workloads, stored)
	}
	data, _ := json.Marshal(r) // of texts, numbers and times of this clock it cannot fail
	return data
}

// decode reads what a store holds of an upgrade.
func decode(data []byte) (name string, s state, err error) {
	var r storedRecord
	if err := json.Unmarshal(data, &r); err != nil {
		return "", s, fmt.Errorf("what is stored is no state of an upgrade: %w", err)
	}
	if r.Version != schemaVersion {
		return "", s, fmt.Errorf("what is stored of upgrade %.100q is of version %d, and this alertscale knows %d; use the one that wrote it, or a later one",
			r.Upgrade, r.Version, schemaVersion)
	}
	s = state{Push: (*Push)(r.Push), Number: r.Number, At: r.At, Found: r.Found}
	for _, w := range r.Workloads {
		next := &workload{Ref: w.Ref, Open: w.Open, Number: w.Number, Applied: (*Push)(w.Applied)}
		if w.Intent != nil {
			next.Intent = w.Intent.intent()
		}
		for i := range w.Tried {
			next.Tried = append(next.Tried, w.Tried[i].intent())
		}
		s.Workloads = append(s.Workloads, next)
	}
	return r.Upgrade, s, nil
}

func (in *intent) stored() storedIntent {
	return storedIntent{
		storedPush(in.Push), in.Number, in.At, convert(in.Images, func(c Container) storedContainer { return storedContainer(c) }),
		in.Steps, in.Restart, in.Before, in.Finish, in.Taken,
	}
}

func (in *storedIntent) intent() *intent {
	return &intent{
		Push(in.Push), in.Number, in.At, convert(in.Images, func(c storedContainer) Container { return Container(c) }),
		in.Steps, in.Restart, in.Before, in.Finish, in.Taken,
	}
}

func convert[A, B any](all []A, one func(A) B) []B {
	out := make([]B, len(all))
	for i := range all {
		out[i] = one(all[i])
	}
	return out
}
