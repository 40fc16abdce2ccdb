package replay

import (
	"encoding/json"
	"io"

	"alertscale/adapter/controller"
)

// report is what came of a replay, for programs.
type report struct {
	Decisions []controller.DecisionRecord `json:"decisions"`
	Counts    map[string]int              `json:"counts"` // at the end, by ref
}

func (o *outcome) report() report {
	return report{append([]controller.DecisionRecord{}, o.decisions...), o.final()}
}

// writeJSON writes what came of a replay, and, beside another one, what that came to and where they differ.
func writeJSON(w io.Writer, o, against *outcome) error {
	out := struct {
		report
		Against     *report      `json:"against,omitempty"`
		Differences []difference `json:"differences,omitzero"`
	}{report: o.report()}
	if against != nil {
		other := against.report()
		out.Against, out.Differences = &other, differences(o, against)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
