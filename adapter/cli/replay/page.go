package replay

import (
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"strings"

	"alertscale/adapter/cli/internal/decisions"
	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

//go:embed page.html
var pageText string

// page is all that is shown of a replay.
type page struct {
	Title   string
	Summary []string
	Against string // the file that it is compared with; empty: with none
	Refs    []pageRef
	Others  []pageDecision // that came to no ref
}

// pageRef is what is shown of one ref.
type pageRef struct {
	Ref, About  string
	Chart       *chart
	Decisions   []pageDecision
	Differences []pageDecision
}

// pageDecision is a decision as a line of a table.
type pageDecision struct {
	Class, At, Verdict, Change, Rule, Why, Only string
}

// writePage writes a page with all of a replay, and of another one beside it, that loads nothing.
func writePage(path string, o, against *outcome) error {
	tmpl, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	err = tmpl.Execute(file, newPage(o, against))
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("write the page %s: %w", path, err)
	}
	return nil
}

func newPage(o, against *outcome) page {
	p := page{Title: fmt.Sprintf("%s to %s UTC", o.begin.UTC().Format(stamp), o.end.UTC().Format(stamp)), Summary: []string{o.summary()}}
	refs, only := refsOf(o), map[string][]difference{}
	if against != nil {
		refs = refsOf(o, against)
		p.Against = against.path
		p.Summary = append(p.Summary, "against "+against.summary())
		for _, d := range differences(o, against) {
			only[d.Ref] = append(only[d.Ref], d)
		}
	}
	for _, ref := range refs {
		if ref == "" {
			p.Others = pageDecisions(o.of(ref))
			continue
		}
		r := pageRef{Ref: ref, About: o.about(ref), Chart: newChart(o, against, ref), Decisions: pageDecisions(o.of(ref))}
		for i := range only[ref] {
			d := pageDecisionOf(&only[ref][i].DecisionRecord)
			d.Only = only[ref][i].Only
			r.Differences = append(r.Differences, d)
		}
		p.Refs = append(p.Refs, r)
	}
	return p
}

// summary says what a replay was of.
func (o *outcome) summary() string {
	return fmt.Sprintf("%s: %s, %s, %s, %s that no rule matches", o.path, number(o.notifications, "notification"),
		number(len(o.decisions), "decision"), number(o.duplicates, "repeat"), number(o.unmatched, "alert"))
}

// about says what a ref had over the time, and between which bounds.
func (o *outcome) about(ref string) string {
	text := o.amount(ref)
	if t := o.targets[ref]; t != nil {
		text += fmt.Sprintf(", between %d and %d", t.Min, t.Max)
	}
	return text
}

func pageDecisions(all []controller.DecisionRecord) []pageDecision {
	rows := make([]pageDecision, 0, len(all))
	for i := range all {
		rows = append(rows, pageDecisionOf(&all[i]))
	}
	return rows
}

func pageDecisionOf(d *controller.DecisionRecord) pageDecision {
	return pageDecision{
		Class: class(d.Verdict), At: d.At.UTC().Format(stamp), Verdict: string(d.Verdict), Change: decisions.Change(&d.Decision), Rule: d.Rule,
		Why: strings.Join(decisions.Reasons(&d.Decision), "\n"),
	}
}

// class is how a verdict is marked: what was changed, what went wrong, what waits.
func class(v engine.Verdict) string {
	switch v {
	case engine.Scaled, engine.DryRun:
		return "changed"
	case engine.Failed, engine.Rejected:
		return "wrong"
	case engine.Ended:
		return "ended"
	default:
		return "waits"
	}
}
