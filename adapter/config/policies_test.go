package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPolicies reads every part of a file that docs/policies.md shows, with the rule that it leaves out.
func TestPolicies(t *testing.T) {
	page, err := os.ReadFile("../../docs/policies.md")
	require.NoError(t, err)
	parts := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, parts, 2)
	for i, part := range parts {
		text := part[1]
		if !strings.Contains(text, "rules:") {
			text += "rules: [{name: busy, matchers: [alertname=Busy], target: web, up: 10}]\n"
		}
		_, err := Parse(fmt.Sprintf("policies-%d.yml", i), []byte(text), LoadOptions{})
		require.NoError(t, err, text)
	}
}
