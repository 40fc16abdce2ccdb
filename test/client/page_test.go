package client

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestPage runs the commands that docs/operations.md shows, one after the other, and compares what they print with
// what is there, times aside.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config})
	notify(t, a, 200, alert("alertname=WebBusy", "instance=a"), alert("alertname=WebBusy", "instance=b"))
	notify(t, a, 200, alert("alertname=CartIdle"))
	ran := 0
	for _, block := range regexp.MustCompile("(?ms)^```console\\n(.*?)^```").FindAllStringSubmatch(string(page), -1) {
		for shown := range strings.SplitSeq(strings.TrimPrefix(block[1], "$ "), "\n$ ") {
			command, output, _ := strings.Cut(shown, "\n")
			out, code := a.Command(t, strings.Fields(strings.TrimPrefix(command, "alertscale "))...)
			require.Equal(t, timeless(output), timeless(out), command)
			require.Equal(t, strings.HasPrefix(output, "alertscale: "), code == 1, command)
			ran++
		}
	}
	require.Equal(t, 8, ran)
}

// timeless replaces what the time of a run changes.
func timeless(text string) string {
	for _, r := range []struct{ times, word string }{
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`, "TIME"},
		{`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d`, "STAMP"},
		{`\b\d+[sm]( +)`, "AGE "},
		{`startsAt=\S+`, "startsAt=TIME"},
	} {
		text = regexp.MustCompile(r.times).ReplaceAllString(text, r.word)
	}
	return strings.TrimSpace(text)
}
