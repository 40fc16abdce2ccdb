package cli

import (
	"fmt"
	"math"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"
)

// loadAt is the load of the demo's service, in the CPUs that it would use: it rises and falls once an hour.
func loadAt(t time.Duration) float64 {
	const quiet, busy = 1.2, 6.4
	return quiet + (busy-quiet)*(1-math.Cos(2*math.Pi*t.Hours()))/2
}

// alarm is an alerting rule and the group that Alertmanager makes of its one alert.
type alarm struct {
	name     string
	severity string
	broken   func(ratio float64) bool
	wait     time.Duration // `for` of the rule

	since  time.Time // when the condition began to hold; zero: it does not
	firing bool
	starts time.Time
	ends   time.Time
	sent   time.Time
	ratio  float64
}

// repeatEvery is the repeat_interval of the demo's Alertmanager: short, to show that a repeat does nothing.
const repeatEvery = 5 * time.Minute

// newAlarms returns the alerts of examples/rules.conf, with a shorter wait.
func newAlarms() []*alarm {
	return []*alarm{
		{name: "DeploymentBusy", severity: "warning", wait: time.Minute, broken: func(r float64) bool { return r > 0.8 }},
		{name: "DeploymentIdle", severity: "info", wait: 2 * time.Minute, broken: func(r float64) bool { return r < 0.3 }},
	}
}

// watch evaluates the rule and reports whether there is something to send.
func (a *alarm) watch(ratio float64, now time.Time) bool {
	a.ratio = ratio
	if !a.broken(ratio) {
		a.since = time.Time{}
		if a.firing {
			a.firing, a.ends, a.sent = false, now, now
			return true
		}
		return false
	}
	if a.since.IsZero() {
		a.since = now
	}
	if !a.firing && now.Sub(a.since) >= a.wait {
		a.firing, a.starts, a.ends, a.sent = true, now, time.Time{}, now
		return true
	}
	if a.firing && now.Sub(a.sent) >= repeatEvery {
		a.sent = now
		return true
	}
	return false
}

// notification is what Alertmanager sends of the alert.
func (a *alarm) notification() notification {
	labels := template.KV{"alertname": a.name, "namespace": demoRef.Namespace, "deployment": demoRef.Name, "severity": a.severity}
	set := model.LabelSet{}
	for name, value := range labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	annotations := template.KV{"summary": fmt.Sprintf("shop/web uses %.0f%% of the CPU that it requests", 100*a.ratio)}
	status := string(model.AlertResolved)
	if a.firing {
		status = string(model.AlertFiring)
	}
	return notification{
		Data: template.Data{
			Receiver: "alertscale", Status: status, GroupLabels: labels, CommonLabels: labels, CommonAnnotations: annotations,
			ExternalURL: "http://localhost:9093",
			Alerts: template.Alerts{{
				Status: status, Labels: labels, Annotations: annotations, StartsAt: a.starts, EndsAt: a.ends,
				Fingerprint: set.Fingerprint().String(),
			}},
		},
		Version: "4", GroupKey: fmt.Sprintf("{}:{alertname=%q}", a.name),
	}
}
