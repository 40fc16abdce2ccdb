package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheck_Output: what is printed of files that are right, warned of, wrong, of something else and missing, for people and as JSON.
func TestCheck_Output(t *testing.T) {
	files := []string{"../../examples/alertscale.yml", "testdata/warned.yml", "testdata/faults.yml", "../../examples/rules.conf", "testdata/nobody.yml"}
	for name, o := range map[string]CheckOptions{
		"check.txt":         {Files: files},
		"check-lint.txt":    {Files: files[:2], LintFails: true},
		"check-files.json":  {Files: files, JSON: true},
		"check-stdin.txt":   {Files: []string{"-"}, Stdin: strings.NewReader(strings.Repeat("x: 1\n", 2))},
		"connect.txt":       {Files: []string{"testdata/connected.yml"}, Connect: true},
		"connect.json":      {Files: []string{"testdata/connected.yml"}, Connect: true, JSON: true},
		"check-nothing.txt": {Files: []string{os.DevNull}},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			code := Check(&out, &out, o)
			golden(t, "testdata/"+name, fmt.Sprintf("%sexit %d\n", out.String(), code))
			require.NotEmpty(t, out.String())
		})
	}
}
