package ruletest

import (
	"fmt"
	"io"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/decisions"
	"alertscale/rules"

	"github.com/prometheus/common/model"
)

// text says what was missed: where, what was expected, what happened, and the decisions around it with every line of why.
func (m *miss) text(path, name string, set *rules.Set) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %q: at %s, %s:\n", path, m.line, name, written(m.at), m.name)
	fmt.Fprintf(&b, "  expected  %s\n", m.want)
	fmt.Fprintf(&b, "  got       %s\n", m.got)
	if len(m.around) > 0 {
		fmt.Fprintf(&b, "  decisions around it:\n")
	}
	for _, d := range m.around {
		fmt.Fprintf(&b, "    %-8s %s%s\n", written(d.at), decisions.Outline(&d.Decision), m.of(&d))
		for _, line := range decisions.Reasons(&d.Decision) {
			fmt.Fprintf(&b, "             %s\n", line)
		}
	}
	for _, u := range m.stray {
		rule, why := set.Nearest(u.labels)
		fmt.Fprintf(&b, "  no rule matches %s at %s", u.labels, written(u.at))
		if rule != "" {
			fmt.Fprintf(&b, "; the nearest is %q: %s", rule, why)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// of names the ref of a decision where it is not plain.
func (m *miss) of(d *decision) string {
	switch {
	case m.ref != "":
		return ""
	case d.Ref == "":
		return ", of no ref"
	default:
		return " on " + d.Ref
	}
}

// written is a time as the file has it.
func written(d time.Duration) string { return model.Duration(d).String() }

// indent writes a text with each line moved to the right.
func indent(w io.Writer, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprint(w, "    ", line)
	}
}
