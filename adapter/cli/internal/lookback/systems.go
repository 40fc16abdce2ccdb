package lookback

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"alertscale/adapter/promfiles"
	"alertscale/adapter/recording"
	"alertscale/rules/backtest"
	"alertscale/rules/chain"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"
)

// system is an Alertmanager, and the webhooks of its receivers that post to alertscale.
type system struct {
	tree    *routing.Tree
	senders map[string][]backtest.Sender
}

// receiver is that of alerts that no configuration tells the way of.
const receiver = "alertscale"

// systems reads the configurations of Alertmanager; without one, all alerts come to alertscale, by some labels.
func systems(files []string, in io.Reader, groupBy string) ([]system, error) {
	if len(files) == 0 {
		return []system{grouped(groupBy)}, nil
	}
	sources, err := promfiles.Sources(files, in)
	if err != nil {
		return nil, fmt.Errorf("--alertmanager-config: %w", err)
	}
	trees, err := promfiles.ReadAlertmanager(sources)
	if err != nil {
		return nil, fmt.Errorf("--alertmanager-config:\n%w", err)
	}
	var all []system
	found := false
	for _, t := range trees {
		s := system{t, map[string][]backtest.Sender{}}
		for name, webhooks := range chain.Webhooks(t) {
			for _, w := range webhooks {
				if one := (backtest.Sender{SendResolved: w.SendResolved, MaxAlerts: w.MaxAlerts}); !slices.Contains(s.senders[name], one) {
					s.senders[name] = append(s.senders[name], one)
				}
			}
			found = true
		}
		all = append(all, s)
	}
	if !found {
		return nil, errors.New("--alertmanager-config: no receiver posts to alertscale; want one with a webhook whose url is such as http://alertscale:9098/webhook")
	}
	return all, nil
}

// grouped is an Alertmanager whose only route goes to alertscale.
func grouped(by string) system {
	root := &routing.Route{Where: "--group-by", Options: routing.Defaults(yamldoc.Place{})}
	root.Receiver = receiver
	for _, name := range strings.FieldsFunc(by, func(r rune) bool { return r == ',' || r == ' ' }) {
		if name == "..." {
			root.GroupByAll = true
		} else {
			root.GroupBy = append(root.GroupBy, name)
		}
	}
	return system{&routing.Tree{Root: root}, map[string][]backtest.Sender{receiver: {{SendResolved: true}}}}
}

// notifications are those that the Alertmanagers make of alerts.
func (r *reader) notifications(spans []backtest.Span) (lines []recording.Line) {
	taken := 0
	for _, s := range r.systems {
		result := backtest.Notify(spans, backtest.Options{Tree: s.tree, Senders: s.senders, Until: r.to})
		taken = max(taken, result.Taken)
		for i := range result.Notifications {
			lines = append(lines, line(&result.Notifications[i]))
		}
	}
	r.say("%s: alerts fired %d times, of which %d come to alertscale, in %d notifications", r.client.Address(), len(spans), taken, len(lines))
	return lines
}
