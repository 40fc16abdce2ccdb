package lookback

import (
	"encoding/json"
	"regexp"

	"alertscale/adapter/recording"
	"alertscale/rules"
	"alertscale/rules/backtest"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"
)

// payload is what Alertmanager posts.
type payload struct {
	template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts int    `json:"truncatedAlerts"`
}

// line is a notification as it is recorded.
func line(n *backtest.Notification) recording.Line {
	e := n.Event
	p := payload{
		Data: template.Data{
			Receiver: regexp.QuoteMeta(e.Receiver), // as Alertmanager has it
			Status:   string(model.AlertResolved), GroupLabels: e.GroupLabels.KV(), CommonLabels: e.CommonLabels.KV(), CommonAnnotations: template.KV{},
		},
		Version: "4", GroupKey: e.GroupKey, TruncatedAlerts: e.Truncated,
	}
	for i := range e.Alerts {
		a := alertOf(&e.Alerts[i])
		if p.Alerts = append(p.Alerts, a); a.Status == string(model.AlertFiring) {
			p.Status = a.Status
		}
	}
	text, _ := json.Marshal(p) // of texts, numbers and times it never fails
	return recording.Line{At: n.At, Payload: text}
}

func alertOf(a *rules.Alert) template.Alert {
	told := template.Alert{
		Status: string(model.AlertFiring), Labels: a.Labels.KV(), Annotations: template.KV{}, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Fingerprint: a.Fingerprint,
	}
	if a.Resolved {
		told.Status = string(model.AlertResolved)
	}
	return told
}
