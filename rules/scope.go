package rules

import (
	"maps"
	"path"
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// Scope says which rules a sender may touch: those whose names match one of the patterns, as path.Match does; nil: all.
type Scope []string

// ReadScope reads a list of patterns. What is wrong with it becomes a fault of the document.
func ReadScope(n yamldoc.Node) (s Scope) {
	n.Items(func(_ int, item yamldoc.Node) {
		pattern := item.Text()
		if _, err := path.Match(pattern, ""); err != nil {
			item.Faultf("%q is no pattern: want a name of a rule, in which * stands for any text without /, ? for one character and [a-z] for one of these; a \\ takes their meaning away", pattern)
		}
		s = append(s, pattern)
	})
	if n.IsList() && len(s) == 0 {
		n.Faultf("names no rule; leave it out where all rules are meant")
	}
	return s
}

// allows reports whether a rule of a name may be touched.
func (s Scope) allows(rule string) bool {
	if s == nil {
		return true
	}
	for _, pattern := range s {
		if ok, _ := path.Match(pattern, rule); ok { // that it is a pattern was checked
			return true
		}
	}
	return false
}

// noScope allows nothing.
func noScope() Scope { return Scope{} }

// scopeOf returns what whoever posted an event may touch. On a file without senders that is everything.
func (s *Set) scopeOf(e *Event) Scope {
	if e.Hook != "" {
		return s.hooks[e.Hook]
	}
	switch scope, known := s.senders[e.Sender]; {
	case known || e.Sender == "" || len(s.senders) == 0:
		return scope
	default:
		return noScope()
	}
}

// MayTouch reports whether whoever posted an event may touch a rule of a name.
func (s *Set) MayTouch(e *Event, rule string) bool { return s.scopeOf(e).allows(rule) }

// ScopeName is what whoever posted an event is counted by: the sender, or hook/NAME where a hook may not touch all rules;
// empty: they are not counted.
func (s *Set) ScopeName(e *Event) string {
	if _, narrow := s.hooks[e.Hook]; narrow {
		return hookPrefix + e.Hook
	}
	if s.Speaks(e.Sender) {
		return e.Sender
	}
	return ""
}

// ScopeNames lists all such names, sorted.
func (s *Set) ScopeNames() []string {
	names := slices.Collect(maps.Keys(s.senders))
	for hook := range s.hooks {
		names = append(names, hookPrefix+hook)
	}
	slices.Sort(names)
	return names
}

// Speaks reports whether a sender may say something by the file, "" being whoever needs no token.
func (s *Set) Speaks(sender string) bool {
	_, known := s.senders[sender]
	return known || sender == "" && len(s.senders) == 0
}

// hookPrefix tells a hook from a sender of its name.
const hookPrefix = "hook/"

// senderPrefix begins the fingerprints of the alerts of senders.
const senderPrefix = "sender/"

// SenderFingerprint returns what a sender's alert is known by: so no sender says anything of another's. Without a
// sender it is the fingerprint itself.
func SenderFingerprint(sender, fingerprint string) string {
	if sender == "" {
		return fingerprint
	}
	return senderPrefix + sender + "/" + fingerprint
}

// CutSender takes a fingerprint of SenderFingerprint apart.
func CutSender(fingerprint string) (sender, bare string) {
	rest, ok := strings.CutPrefix(fingerprint, senderPrefix)
	if !ok {
		return "", fingerprint
	}
	sender, bare, _ = strings.Cut(rest, "/")
	return sender, bare
}
