package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"alertscale/adapter/cli/internal/decisions"
)

// text writes the explanation for people.
func (e *explained) text(w io.Writer) {
	for _, a := range e.alerts {
		e.alertText(w, a)
	}
	for _, line := range e.premises() {
		fmt.Fprintln(w, line)
	}
	for _, r := range e.touched {
		r.text(w)
	}
	for _, name := range e.unhandled {
		fmt.Fprintf(w, "\n%s\n  no count is known: give one with --count %s=N%s\n", name, e.called(name), e.orURL())
	}
	if len(e.broken) > 0 {
		fmt.Fprintln(w)
	}
	for i := range e.broken {
		decisionText(w, &e.broken[i])
	}
	if len(e.touched)+len(e.unhandled)+len(e.broken) == 0 {
		fmt.Fprintln(w, "\nNothing is scaled.")
	}
}

// alertText writes which rules match an alert.
func (e *explained) alertText(w io.Writer, a alert) {
	fmt.Fprintf(w, "%s %s\n", a.labels, map[string]string{"firing": "fires", "resolved": "is resolved"}[a.Status])
	width := 0
	for _, m := range a.Rules {
		width = max(width, len([]rune(m.Rule)))
	}
	for _, m := range a.Rules {
		text := m.Why
		switch {
		case m.Matches && m.Why == "":
			text = "matches: " + m.Ref
		case m.Matches:
			text = "matches, but " + m.Why
		}
		fmt.Fprintf(w, "  %-*s  %s\n", width, m.Rule, text)
	}
}

// called is how a person would name a ref.
func (e *explained) called(name string) string {
	for _, t := range e.set.Targets {
		if ref, ok := t.Ref(); ok && ref.String() == name {
			return t.Name
		}
	}
	return name
}

func (e *explained) orURL() string {
	if e.known.from != "" {
		return ""
	}
	return ", or the address of the running alertscale with --url"
}

// premises say on what the decisions rest.
func (e *explained) premises() (lines []string) {
	switch {
	case e.known.from != "":
		lines = append(lines, "", "On what "+e.known.from+" knows:")
	case len(e.touched) == 0:
	case e.assumed:
		lines = append(lines, "", "As if the alerts that are resolved had fired for an hour, and nothing else had happened before:")
	default:
		lines = append(lines, "", "As if nothing had happened before:")
	}
	for _, lack := range e.known.lacks {
		lines = append(lines, "  "+lack)
	}
	return lines
}

func (r *ref) text(w io.Writer) {
	fmt.Fprintf(w, "\n%s: target %q, count %d, min %d, max %d%s\n", r.ref, r.target.Name, r.count, r.bounds.Min, r.bounds.Max, r.assumed)
	for i := range r.now {
		decisionText(w, &r.now[i])
	}
	if len(r.later) > 0 {
		fmt.Fprintln(w, "  then, if nothing else is heard:")
	}
	for _, d := range r.later {
		fmt.Fprintf(w, "    %s  %s\n", d.At.Format(time.TimeOnly), decisions.Outline(&d.Decision))
	}
}

func decisionText(w io.Writer, d *record) {
	fmt.Fprintf(w, "  %s\n", decisions.Outline(&d.Decision))
	for _, line := range decisions.Reasons(&d.Decision) {
		fmt.Fprintf(w, "    %s\n", line)
	}
}

// json writes the explanation for programs.
func (e *explained) json(w io.Writer) error {
	out := struct {
		Alerts    []alert  `json:"alerts"`
		Decisions []record `json:"decisions"`
		Later     []record `json:"later"` // what comes by itself within an hour, if nothing else is heard
		NoCount   []string `json:"no_count"`
		NotKnown  []string `json:"not_known"` // of the running program
	}{e.alerts, []record{}, []record{}, append([]string{}, e.unhandled...), append([]string{}, e.known.lacks...)}
	for _, r := range e.touched {
		out.Decisions, out.Later = append(out.Decisions, r.now...), append(out.Later, r.later...)
	}
	out.Decisions = append(out.Decisions, e.broken...)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
