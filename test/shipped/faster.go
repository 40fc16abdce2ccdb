package shipped

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"alertscale/test/stack"
)

// durations are those that stand after a key, or as the range of an expression.
var durations = regexp.MustCompile(`(: |\[)(\d+)([hms])\b`)

// Faster returns a file sixty times as fast: hours become minutes, minutes become seconds, and what is in
// seconds becomes one of them, 0s aside. Nothing else of it changes. There must be n durations, comments aside: a test
// that makes a file faster is to notice when the file has changed.
func Faster(t stack.T, text string, n int) string {
	t.Helper()
	return replaceDurations(t, text, n, faster)
}

// FasterBy returns a file that is a number of times as fast, which each of its durations must be a multiple of, in seconds.
func FasterBy(t stack.T, times int, text string, n int) string {
	t.Helper()
	return replaceDurations(t, text, n, func(part []string) string {
		number, err := strconv.Atoi(part[2])
		must(t, err)
		seconds := number * map[string]int{"h": 3600, "m": 60, "s": 1}[part[3]]
		if seconds%times != 0 {
			t.Errorf("%d seconds are no multiple of %d, in:\n%s", seconds, times, text)
			t.FailNow()
		}
		return fmt.Sprintf("%s%ds", part[1], seconds/times)
	})
}

// replaceDurations puts others in the place of the durations of a file, of which there must be n, comments aside.
func replaceDurations(t stack.T, text string, n int, other func(part []string) string) string {
	t.Helper()
	found := 0
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		lines[i] = durations.ReplaceAllStringFunc(line, func(s string) string {
			found++
			return other(durations.FindStringSubmatch(s))
		})
	}
	if found != n {
		t.Errorf("%d durations, want %d, in:\n%s", found, n, text)
		t.FailNow()
	}
	return strings.Join(lines, "")
}

// faster returns what takes the place of a duration: what stands before it, its number, its unit.
func faster(part []string) string {
	switch before, number := part[1], part[2]; {
	case part[3] == "h":
		return before + number + "m"
	case part[3] == "m" || number == "0":
		return before + number + "s"
	default:
		return before + "1s"
	}
}
