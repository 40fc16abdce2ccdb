package rules

import "fmt"

// Nearest returns the rule that an alert, which no rule matches, comes nearest to, and what keeps it out: of the rules
// with the fewest matchers that do not match, the first. It tries every rule, and is for people alone.
func (s *Set) Nearest(ls Labels) (rule, why string) {
	fewest := -1
	for _, r := range s.Rules {
		first, misses := r.misses(ls)
		if first != nil && (fewest < 0 || misses < fewest) {
			fewest, rule, why = misses, r.Name, first.missed(ls)
		}
	}
	return rule, why
}

// Missed returns what keeps an alert out of a rule: the first of its matchers that does not match, as it is written, and
// the same with what the alert has in place of it. Both are empty where the rule matches.
func (r *Rule) Missed(ls Labels) (matcher, why string) {
	first, _ := r.misses(ls)
	if first == nil {
		return "", ""
	}
	return first.String(), first.missed(ls)
}

// misses returns the first matcher that does not match, and how many do not.
func (r *Rule) misses(ls Labels) (first *Matcher, n int) {
	for _, m := range r.Matchers {
		if !m.Matches(ls.Get(m.Name)) {
			if n++; first == nil {
				first = m
			}
		}
	}
	return first, n
}

// missed says why a matcher does not match.
func (m *Matcher) missed(ls Labels) string {
	if ls.Get(m.Name) == "" {
		return fmt.Sprintf("%s does not match: the alert has no label %s", m.Matcher, quoteShort(m.Name))
	}
	return fmt.Sprintf("%s does not match %s", m.Matcher, quoteShort(ls.Get(m.Name)))
}
