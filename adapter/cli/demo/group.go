package demo

import (
	"fmt"
	"time"

	"alertscale/rules/routing"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"
)

// hasty is how much more often the demo's Alertmanager repeats itself than config.yml says, to show that it does nothing.
const hasty = 60

// group is what Alertmanager knows of the one alert of a group.
type group struct {
	routing.Options
	labels template.KV

	next time.Time // when it is looked at; zero: there is no group
	told bool      // that the alert fires
	sent time.Time
}

// news is what Alertmanager has to say of an alert.
type news string

const (
	nothing  news = ""
	fires    news = "firing"
	repeated news = "repeat"
	resolved news = "resolved"
)

func (g *group) repeatInterval() time.Duration { return g.RepeatInterval / hasty }

// look is what Alertmanager does with the group as time goes by. What it returns is sent.
func (g *group) look(firing bool, now time.Time) news {
	if g.next.IsZero() && firing {
		g.next = now.Add(g.GroupWait)
	}
	if g.next.IsZero() || now.Before(g.next) {
		return nothing
	}
	g.next = now.Add(g.GroupInterval)
	told := g.told
	g.told = firing
	switch {
	case !firing:
		g.next = time.Time{}
		if told {
			return resolved
		}
		return nothing
	case !told:
		g.sent = now
		return fires
	case now.Sub(g.sent) >= g.repeatInterval():
		g.sent = now
		return repeated
	default:
		return nothing
	}
}

// notification is Alertmanager's webhook payload.
type notification struct {
	template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"`
}

// notification is what Alertmanager sends of the alert.
func (a *alarm) notification() notification {
	set, grouped := model.LabelSet{}, model.LabelSet{}
	for name, value := range a.labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	for name, value := range a.group.labels {
		grouped[model.LabelName(name)] = model.LabelValue(value)
	}
	annotations := template.KV{"summary": fmt.Sprintf("%s/%s uses %.0f%% of the CPU that it requests", demoRef().Namespace, demoRef().Name, 100*a.ratio)}
	alert := template.Alert{
		Status: string(model.AlertFiring), Labels: a.labels, Annotations: annotations, StartsAt: a.starts, Fingerprint: set.Fingerprint().String(),
	}
	if !a.firing {
		alert.Status, alert.EndsAt = string(model.AlertResolved), a.ends
	}
	return notification{
		Data: template.Data{
			Receiver: a.group.Receiver, Status: alert.Status, GroupLabels: a.group.labels, CommonLabels: a.labels,
			CommonAnnotations: annotations, ExternalURL: "http://localhost:9093", Alerts: template.Alerts{alert},
		},
		Version: "4", GroupKey: "{}:" + grouped.String(),
	}
}
