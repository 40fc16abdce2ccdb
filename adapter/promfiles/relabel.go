package promfiles

import (
	"regexp"

	"alertscale/rules/chain"
	"alertscale/rules/yamldoc"
)

// relabel reads one of alert_relabel_configs.
func (r *rulesReader) relabel(n yamldoc.Node) {
	c := chain.Relabel{Action: peeked(n, "action"), Target: peeked(n, "target_label")}
	pattern := "(.*)"
	if n.Has("regex") {
		pattern = peeked(n, "regex")
	}
	var err error
	if c.Regex, err = regexp.Compile("^(?s:" + pattern + ")$"); err != nil {
		(*n.Child("regex")).Faultf("%v", err)
		return
	}
	r.found.Relabel = append(r.found.Relabel, c)
}
