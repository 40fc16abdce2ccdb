package chain

import (
	"slices"
	"strconv"
	"strings"

	"alertscale/rules/routing"
)

// entry is a webhook of a receiver that posts to alertscale.
type entry struct {
	receiver *routing.Receiver
	webhook  *routing.Webhook
	hook     string // the hook that it posts to; empty: /webhook
}

// entries are those of a tree, by receiver. Which webhooks are alertscale's is said by the name of the receiver, by the host,
// or by the port; where none is by these, those are whose path is.
type entries map[string][]entry

// ownName and ownPort are how alertscale is called, and where it listens, unless somebody changed it.
const (
	ownName = "alertscale"
	ownPort = "9098"
)

// endpoint returns what a webhook posts to: the hook's name, or nothing for /webhook. Only the end of the path counts, as
// something in front of alertscale may add to its beginning.
func endpoint(u *routing.URL) (hook string, ours bool) {
	if u == nil {
		return "", false
	}
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	n := len(parts)
	switch {
	case n > 0 && parts[n-1] == "webhook":
		return "", true
	case n > 1 && parts[n-2] == "hook":
		return parts[n-1], true
	}
	return "", false
}

// called reports whether a url is called alertscale's.
func called(u *routing.URL) bool {
	return u != nil && (strings.Contains(u.Host, ownName) || u.Port == ownPort)
}

// entriesOf returns the webhooks that are to post to alertscale, and those of them that post elsewhere.
func entriesOf(t *routing.Tree) (ours entries, astray []*routing.Webhook) {
	ours, byPath := entries{}, entries{}
	for _, r := range t.Receivers {
		name := r.Name[strings.LastIndex(r.Name, "/")+1:] // without the object that it is of
		byName := strings.Contains(name, ownName)
		var others []entry
		for i := range r.Webhooks {
			w := &r.Webhooks[i]
			hook, right := endpoint(w.URL)
			e := entry{r, w, hook}
			switch {
			case w.URL == nil && byName, right && (byName || called(w.URL)):
				ours[r.Name] = append(ours[r.Name], e)
			case right:
				byPath[r.Name] = append(byPath[r.Name], e)
			case called(w.URL):
				ours[r.Name] = append(ours[r.Name], e)
				astray = append(astray, w)
			case byName:
				others = append(others, e) // of another program, if one of the receiver's is right
			}
		}
		if ours[r.Name] == nil && others != nil {
			ours[r.Name] = others
			for _, e := range others {
				astray = append(astray, e.webhook)
			}
		}
	}
	if len(ours) == 0 {
		ours = byPath
	}
	slices.SortFunc(astray, func(a, b *routing.Webhook) int { return a.Line - b.Line })
	return ours, astray
}

// Webhooks returns the webhooks of a tree that post Alertmanager's notifications to alertscale, by the names of their
// receivers.
func Webhooks(t *routing.Tree) map[string][]*routing.Webhook {
	ours, _ := entriesOf(t)
	all := map[string][]*routing.Webhook{}
	for name, list := range ours {
		for _, e := range list {
			if e.hook == "" {
				all[name] = append(all[name], e.webhook)
			}
		}
	}
	return all
}

// receivers finds the webhooks of alertscale, and warns of what is wrong with them.
func (f *follower) receivers() {
	found := false
	for _, tree := range f.Trees {
		ours, astray := entriesOf(tree)
		found = found || len(ours) > 0
		for _, w := range astray {
			f.warn(w.URLPlace, w.Where+": url", "posts to the path %q, where alertscale takes nothing; want /webhook or /hook/NAME at its end", w.URL.Path)
		}
		f.unled(tree, ours)
		for name, list := range ours {
			ours[name] = slices.DeleteFunc(list, func(e entry) bool { return !f.takes(e) })
		}
		f.entries = append(f.entries, ours)
	}
	if !found && len(f.Trees) > 0 {
		root := f.Trees[0].Root
		f.warn(root.Place, root.Where, "no receiver posts to alertscale; want one with a webhook whose url is such as http://%s:%s/webhook", ownName, ownPort)
	}
}

// takes reports whether alertscale takes what a webhook posts, and warns where it does not.
func (f *follower) takes(e entry) bool {
	if e.hook != "" && !slices.ContainsFunc(f.Hooks, func(h Hook) bool { return h.Name == e.hook }) {
		f.warn(e.webhook.URLPlace, e.webhook.Where+": url", "posts to the hook %q, which %s has not; Alertmanager's own notifications go to /webhook", e.hook, f.File)
		return false
	}
	if at := e.webhook.Payload; at != nil && e.hook == "" {
		f.warn(*at, e.webhook.Where+": payload", "takes the place of Alertmanager's own payload, which is what /webhook reads; leave it out")
	}
	return true
}

// unled warns of receivers of alertscale's that no route of a tree leads to.
func (f *follower) unled(t *routing.Tree, ours entries) {
	led := map[string]bool{}
	for _, r := range t.Root.All() {
		led[r.Receiver] = true
	}
	for name := range ours {
		if r := t.Receivers[name]; !led[name] {
			f.warn(r.Place, "receiver "+strconv.Quote(name), "no route leads to it, so alertscale gets nothing")
		}
	}
}
