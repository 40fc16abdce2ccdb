package web

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// States tell all that is known of a ref.
type States interface {
	// Export returns what a store would hold of a ref. An error that is not controller.ErrUnknownRef is a fault of ours.
	Export(ref string) (engine.Record, error)
}

// RefState is the data of GET /api/v1/targets/state?ref=: what is remembered of a ref, as it is stored.
type RefState struct {
	Ref   string         `json:"ref"`
	Data  jsontext.Value `json:"data,omitempty"`
	Parts []StatePart    `json:"parts,omitempty"`
}

// StatePart is a part of what is remembered of a ref with many alerts.
type StatePart struct {
	Name string         `json:"name"`
	Data jsontext.Value `json:"data"`
}

// Record returns the state as a store would hold it.
func (s *RefState) Record() engine.Record {
	r := engine.Record{Ref: s.Ref, Data: s.Data}
	for _, p := range s.Parts {
		r.Parts = append(r.Parts, engine.Part{Name: p.Name, Data: p.Data})
	}
	return r
}

func (rt *routes) state(w http.ResponseWriter, r *http.Request) {
	ref := r.URL.Query().Get("ref")
	if ref == "" {
		fail(w, r, http.StatusBadRequest, badData, "ref is missing: as /api/v1/targets lists it")
		return
	}
	record, err := rt.States.Export(ref)
	switch {
	case errors.Is(err, controller.ErrUnknownRef):
		fail(w, r, http.StatusNotFound, notFoundType, err.Error())
		return
	case err != nil:
		fail(w, r, http.StatusInternalServerError, internal, err.Error())
		return
	}
	s := RefState{Ref: record.Ref, Data: record.Data}
	for _, p := range record.Parts {
		s.Parts = append(s.Parts, StatePart{p.Name, p.Data})
	}
	succeed(w, r, s)
}

// unknownStates know of no ref.
type unknownStates struct{}

func (unknownStates) Export(string) (engine.Record, error) {
	return engine.Record{}, controller.ErrUnknownRef
}
