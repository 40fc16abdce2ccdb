package ruletest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"alertscale/adapter/config"

	"github.com/stretchr/testify/require"
)

// FuzzParse: whatever a file of tests says, it is refused with a line, or runs.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.test.yml")
	require.NoError(f, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(text))
	}
	all := configs{files: map[string]*config.File{}}
	_, err = all.load("testdata/rules.yml")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse("testdata/fuzz.test.yml", []byte(text), all)
		if err != nil {
			return
		}
		for _, test := range file.tests {
			if len(test.wants) > 0 && test.wants[len(test.wants)-1].at <= 24*time.Hour {
				for _, m := range play(test, file.config).judge() {
					require.NotEmpty(t, m.text("fuzz.test.yml", test.name, file.config.Rules))
				}
			}
		}
	})
}
