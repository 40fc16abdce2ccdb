package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// noteQuiet notes since when no alert fires of the rules that keep their episodes for a while.
func (s *RefState) noteQuiet(set *rules.Set, t *rules.Target, now time.Time) {
	if t == nil {
		return
	}
	for name, ep := range s.episodes() {
		fires := s.firing(name) > 0
		if !ep.Ended.IsZero() || fires == ep.QuietAt.IsZero() {
			continue
		}
		rule := set.RuleFor(name, t)
		if rule == nil || rule.KeepActiveFor == 0 && !ep.Ending {
			continue
		}
		next := *ep
		if next.QuietAt = now; fires {
			next.QuietAt, next.Ending = time.Time{}, false
		}
		s.setEpisode(name, &next)
	}
}

// quietUntil is until when an episode is kept of which no alert fires; zero: it is not kept.
func (e *Episode) quietUntil(rule *rules.Rule) time.Time {
	if e.QuietAt.IsZero() || !e.Ended.IsZero() {
		return time.Time{}
	}
	return e.QuietAt.Add(rule.KeepActiveFor)
}

// keptBy reports whether the episode of a rule goes on though no alert fires, so that a new one begins none.
func (s *RefState) keptBy(rule *rules.Rule, now time.Time) bool {
	ep := s.episode(rule.Name)
	return ep != nil && now.Before(ep.quietUntil(rule))
}

// endOrKeep ends the episode of a rule by a resolve, or lets it end once no alert has fired for a while.
func (r *recorder) endOrKeep(name string) {
	rule := r.set.RuleFor(name, r.target)
	if rule == nil || rule.KeepActiveFor == 0 {
		r.state.endEpisode(rule, name, r.now)
		r.nameEnd(rule, name)
		r.ended = append(r.ended, name)
		return
	}
	next := *r.state.episode(name)
	next.Ending = true
	r.state.setEpisode(name, &next)
	r.kept = append(r.kept, rule)
}

// endKept ends the episodes whose time to be kept is over, and returns their rules.
func (s *RefState) endKept(set *rules.Set, t *rules.Target, now time.Time) (ended []string) {
	for name, ep := range s.episodes() {
		if rule := set.RuleFor(name, t); ep.Ending && ep.Ended.IsZero() && rule != nil && !now.Before(ep.quietUntil(rule)) {
			s.endEpisode(rule, name, now)
			ended = append(ended, name)
		}
	}
	slices.Sort(ended)
	return ended
}

// nextOfEpisodes is when an episode that is kept ends, or a rule calls again; zero: never.
func (s *RefState) nextOfEpisodes(set *rules.Set, t *rules.Target) (at time.Time) {
	if t == nil {
		return at
	}
	for name, ep := range s.episodes() {
		rule := set.RuleFor(name, t)
		if rule == nil {
			continue
		}
		if ep.Ending {
			at = soonest(at, ep.quietUntil(rule))
		}
		at = soonest(at, s.repeatAt(rule, ep))
	}
	return at
}
