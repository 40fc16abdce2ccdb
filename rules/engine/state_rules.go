package engine

import (
	"iter"
	"slices"
	"strings"
)

// ruleState is what one ref knows of one rule: its episode, and how many of its alerts there are.
type ruleState struct {
	rule    string
	episode *Episode // nil: there is none; replaced, never written to

	firing     int
	unresolved int // they fire or are suspended
	known      int
}

// findRule returns where a rule is, or would be.
func (s *RefState) findRule(rule string) (int, bool) {
	return slices.BinarySearchFunc(s.byRule, rule, func(r ruleState, name string) int { return strings.Compare(r.rule, name) })
}

// changeRule changes what is known of a rule. One that comes or goes leaves the list that somebody may be going through
// as it is.
func (s *RefState) changeRule(rule string, change func(*ruleState)) {
	s.write()
	i, found := s.findRule(rule)
	next := ruleState{rule: rule}
	if found {
		next = s.byRule[i]
	}
	change(&next)
	switch none := next == (ruleState{rule: rule}); {
	case found && !none:
		s.byRule[i] = next
	case found:
		s.byRule = slices.Concat(s.byRule[:i], s.byRule[i+1:])
	case !none:
		s.byRule = slices.Insert(slices.Clip(s.byRule), i, next)
	}
}

// episode returns the episode of a rule; nil: there is none.
func (s *RefState) episode(rule string) *Episode {
	if i, found := s.findRule(rule); found {
		return s.byRule[i].episode
	}
	return nil
}

// setEpisode replaces the episode of a rule.
func (s *RefState) setEpisode(rule string, ep *Episode) {
	s.changeRule(rule, func(r *ruleState) { r.episode = ep })
}

// dropEpisode forgets the episode of a rule.
func (s *RefState) dropEpisode(rule string) { s.setEpisode(rule, nil) }

// episodes goes through the episodes, in the order of the rules' names. Meanwhile any may be replaced, come and go.
func (s *RefState) episodes() iter.Seq2[string, *Episode] {
	return func(yield func(string, *Episode) bool) {
		for _, r := range s.byRule {
			if r.episode != nil && !yield(r.rule, r.episode) {
				return
			}
		}
	}
}

func (s *RefState) numEpisodes() (n int) {
	for range s.episodes() {
		n++
	}
	return n
}

// Episode returns the episode of a rule; nil: there is none. It is not to be changed.
func (s *RefState) Episode(rule string) *Episode { return s.episode(rule) }

// count counts an alert in the rules that it is in, in place of what it was before; nil: it was not known, or is not
// any more.
func (s *RefState) count(before, after *AlertState) {
	if before != nil && after != nil && before.Phase == after.Phase && slices.Equal(before.Rules, after.Rules) {
		return
	}
	if after != nil {
		for _, rule := range after.Rules {
			s.countIn(rule, after.Phase, 1)
		}
	}
	if before != nil {
		for _, rule := range before.Rules {
			s.countIn(rule, before.Phase, -1)
		}
	}
}

func (s *RefState) countIn(rule string, p AlertPhase, n int) {
	s.changeRule(rule, func(r *ruleState) {
		r.known += n
		if p == Firing {
			r.firing += n
		}
		if p != Resolved {
			r.unresolved += n
		}
	})
}

// counts returns how many alerts there are of a rule.
func (s *RefState) counts(rule string) ruleState {
	if i, found := s.findRule(rule); found {
		return s.byRule[i]
	}
	return ruleState{}
}

// firing returns how many alerts of a rule fire.
func (s *RefState) firing(rule string) int { return s.counts(rule).firing }

// unresolved returns how many alerts of a rule fire or are suspended.
func (s *RefState) unresolved(rule string) int { return s.counts(rule).unresolved }
