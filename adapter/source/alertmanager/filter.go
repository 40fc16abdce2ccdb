package alertmanager

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostFilter is how long the matchers of a request become in its url: proxies refuse what is longer than 8 kB.
const mostFilter = 4000

// query returns the query that lets through all alerts of a part, whatever their state, and few others. It is a net,
// not the answer: a matcher that would not fit, or that some version of Alertmanager might read in another way, is left out.
func query(part []question) string {
	q := url.Values{"active": {"true"}, "silenced": {"true"}, "inhibited": {"true"}, "unprocessed": {"true"}}
	left := mostFilter
	for _, m := range matchers(part) {
		if size := len("&filter=") + len(url.QueryEscape(m)); size <= left {
			left -= size
			q.Add("filter", m)
		}
	}
	return q.Encode()
}

// matchers lists matchers that all alerts of a part meet, those first that keep out the most: of what the alerts have in
// common, then of the labels with the most values.
func matchers(part []question) []string {
	values := valuesOf(part)
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		some, other := len(values[a]), len(values[b])
		if (some == 1) != (other == 1) {
			return some - other
		}
		return cmp.Or(other-some, strings.Compare(a, b))
	})
	list := make([]string, 0, len(names))
	for _, name := range names {
		list = append(list, matcher(name, slices.Sorted(maps.Keys(values[name]))))
	}
	return list
}

// valuesOf returns the values that the labels of the alerts have, by name. One that an alert does not have is empty there,
// as a matcher sees it.
func valuesOf(part []question) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	for _, q := range part {
		for _, l := range q.labels {
			if isPlain(l.Name) {
				values[l.Name] = map[string]bool{}
			}
		}
	}
	for name, set := range values {
		for _, q := range part {
			set[q.labels.Get(name)] = true
		}
		for value := range set {
			if !utf8.ValidString(value) {
				delete(values, name)
			}
		}
	}
	return values
}

// isPlain reports whether a name of a label needs no quotes in a matcher, which older versions of Alertmanager do not take.
func isPlain(name string) bool {
	for i, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r >= '0' && r <= '9' && i > 0) {
			return false
		}
	}
	return name != ""
}

// matcher returns the matcher of a name and its values, which both of Alertmanager's parsers read alike.
func matcher(name string, values []string) string {
	if len(values) == 1 {
		return name + "=" + quote(values[0])
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = regexp.QuoteMeta(value)
	}
	return name + "=~" + quote(strings.Join(quoted, "|"))
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quote(text string) string { return `"` + escapes.Replace(text) + `"` }
