package replay

import (
	"time"

	"alertscale/rules"
)

// bands are the times in which alerts fired, by ref and alert, as the recording tells of them.
type bands map[string]*lanes

// lanes are the alerts of one ref, in the order in which they came.
type lanes struct {
	all   []*lane
	known map[string]*lane // by fingerprint
}

// lane is one alert of a ref.
type lane struct {
	labels string
	spans  []span
}

// span is a time in which an alert fired; the zero time: it still does.
type span struct{ from, to time.Time }

// note enters what a notification says of the refs that it touches.
func (b bands) note(m *rules.Match, at time.Time) {
	for _, r := range m.Refs {
		name := r.Ref.String()
		if b[name] == nil {
			b[name] = &lanes{known: map[string]*lane{}}
		}
		for i := range r.Alerts {
			b[name].note(r.Alerts[i].Alert, at)
		}
	}
}

func (ls *lanes) note(a *rules.Alert, at time.Time) {
	l := ls.known[a.Fingerprint]
	if l == nil {
		if a.Resolved {
			return // nobody said that it fires
		}
		l = &lane{labels: a.Labels.String()}
		ls.known[a.Fingerprint] = l
		ls.all = append(ls.all, l)
	}
	fires := len(l.spans) > 0 && l.spans[len(l.spans)-1].to.IsZero()
	switch {
	case a.Resolved && fires:
		l.spans[len(l.spans)-1].to = at
	case !a.Resolved && !fires:
		l.spans = append(l.spans, span{from: at})
	}
}
