package rules

import "fmt"

// Nearest returns the rule that an alert, which no rule matches, comes nearest to, and what keeps it out: of the rules
// with the fewest matchers that do not match, the first. It tries every rule, and is for people alone.
func (s *Set) Nearest(ls Labels) (rule, why string) {
	fewest := -1
	for _, r := range s.Rules {
		misses := 0
		var first *Matcher
		for _, t := range r.Matchers {
			if !t.Matches(ls.Get(t.Name)) {
				if misses++; first == nil {
					first = t
				}
			}
		}
		if first != nil && (fewest < 0 || misses < fewest) {
			fewest, rule = misses, r.Name
			why = fmt.Sprintf("%s does not match %s", first.Matcher, quoteShort(ls.Get(first.Name)))
		}
	}
	return rule, why
}
