package promql

import (
	"github.com/prometheus/alertmanager/pkg/labels"

	"alertscale/rules/possible"
)

// matchTypes are the operators of a selector.
var matchTypes = map[string]labels.MatchType{
	"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp,
}

// selector reads what a selector has in braces, where it has any. name is the metric's that stands before them.
func (p *parser) selector(name string) result {
	matchers := []possible.Matcher{}
	if p.takes("{") {
		for p.err == nil && !p.takes("}") {
			m := p.matcher()
			if m.Name == metricName && m.Type == labels.MatchEqual {
				name = m.Value
			}
			matchers = append(matchers, m)
			if !p.isNext("}") {
				p.want(",")
			}
		}
	}
	r := of(p.selected(name, matchers))
	r.selects = matchers
	return r
}

// matcher reads one matcher, or a metric's name in quotes.
func (p *parser) matcher() possible.Matcher {
	label := p.oneOf(word, text)
	how, ok := matchTypes[p.peek().text]
	if !ok || p.peek().kind != sign {
		if label.kind != text {
			p.unexpected()
		}
		return nameMatcher(label.text)
	}
	p.next()
	m, err := possible.NewMatcher(how, label.text, p.oneOf(text).text)
	if err != nil {
		p.fail(err)
	}
	return m
}

func nameMatcher(name string) possible.Matcher {
	return possible.Matcher{Type: labels.MatchEqual, Name: metricName, Value: name, Match: func(value string) bool { return value == name }}
}

// selected returns what is known of the series of a metric that matchers select.
func (p *parser) selected(name string, matchers []possible.Matcher) possible.Labels {
	var others []possible.Matcher
	for _, m := range matchers {
		if m.Name != metricName {
			others = append(others, m)
		}
	}
	series := possible.AnyLabels()
	if p.recorded != nil && name != "" {
		if known, ok := p.recorded(name); ok {
			series = known
		}
	}
	narrowed, verdict, _ := series.Narrow(others...)
	if verdict == possible.No { // the metric comes from elsewhere, too
		narrowed, _, _ = possible.AnyLabels().Narrow(others...)
	}
	return narrowed
}
