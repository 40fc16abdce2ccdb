package promfiles

import (
	"net/url"
	"strings"

	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"
)

// readReceivers reads the receivers of a list, as far as webhooks go.
func readReceivers(n yamldoc.Node, k keys, into map[string]*routing.Receiver, scoped func(name string) string) {
	n.Items(func(_ int, item yamldoc.Node) {
		name := peeked(item, "name")
		if name == "" {
			item.Faultf("name is missing")
			return
		}
		r := &routing.Receiver{Place: item.Place(), Name: scoped(name)}
		if hooks := item.Child(k.webhooks); hooks != nil && !hooks.IsNull() {
			hooks.Items(func(_ int, hook yamldoc.Node) { r.Webhooks = append(r.Webhooks, readWebhook(hook, k)) })
		}
		into[r.Name] = r
	})
}

// readWebhook reads a webhook. What is in a file of its own, or in a Secret, is not known.
func readWebhook(n yamldoc.Node, k keys) routing.Webhook {
	w := routing.Webhook{
		Place: n.Place(), Where: n.Where(), URLPlace: n.Place(), SendResolved: true, ResolvedPlace: n.Place(), MaxPlace: n.Place(),
	}
	if v := n.Child("url"); v != nil && !v.IsNull() {
		w.URLPlace = v.Place()
		text, _ := v.Scalar()
		w.URL = readURL(text)
	}
	if v := n.Child(k.sendResolved); v != nil {
		w.SendResolved, w.ResolvedPlace = v.Bool(), v.Place()
	}
	if v := n.Child(k.maxAlerts); v != nil {
		w.MaxAlerts, w.MaxPlace = v.Int(0), v.Place()
	}
	if v := n.Child("payload"); v != nil && !v.IsNull() {
		at := v.Place()
		w.Payload = &at
	}
	return w
}

// readURL takes a url apart; nil where it is a template, or is not shown.
func readURL(text string) *routing.URL {
	u, err := url.Parse(text)
	if err != nil || strings.Contains(text, "{{") || text == "<secret>" {
		return nil
	}
	return &routing.URL{Host: u.Hostname(), Port: u.Port(), Path: u.Path}
}
