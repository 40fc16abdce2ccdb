package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheck_Files: what is found in several files is counted together, and they are named in JSON.
func TestCheck_Files(t *testing.T) {
	t.Setenv("WEB_MAX", "7")
	o := CheckOptions{Files: []string{"testdata/files/alertscale.yml"}, ExpandEnv: true}
	var out, errOut bytes.Buffer
	require.Zero(t, Check(&out, &errOut, o), errOut.String())
	require.Equal(t, "Checking testdata/files/alertscale.yml\n  SUCCESS: 1 driver, 2 targets, 2 rules found in 3 files\n", out.String())

	out.Reset()
	o.JSON = true
	require.Zero(t, Check(&out, &errOut, o))
	require.Contains(t, out.String(), "\"rule_files\": [\n        \"testdata/files/rules/cart.yml\",\n        \"testdata/files/rules/web.yml\"\n      ],\n")

	out.Reset()
	o.ExpandEnv, o.JSON = false, false
	require.Equal(t, 1, Check(&out, &errOut, o))
	require.Equal(t, "  FAILED:\ntestdata/files/alertscale.yml:4: targets.web: max: has ${WEB_MAX}, and variables of the environment are replaced with --config.expand-env only\n"+
		"testdata/files/rules/web.yml:2: rules[0] \"web is busy\": matchers[1]: has ${TEAM}, and variables of the environment are replaced with --config.expand-env only\n",
		errOut.String())
}

// TestCheck_ExpandedChain: a warning about the way of an alert has values as they are written.
func TestCheck_ExpandedChain(t *testing.T) {
	t.Setenv("WEB_MAX", "7")
	t.Setenv("TEAM", "hunter2-hunter2")
	o := chainOptions("testdata/chain/files")
	o.Files, o.ExpandEnv = []string{"testdata/files/alertscale.yml"}, true
	var out, errOut bytes.Buffer
	require.Zero(t, Check(&out, &errOut, o), errOut.String())
	require.Contains(t, errOut.String(), `testdata/files/rules/web.yml:2: warning: rules[0] "web is busy": `)
	require.Contains(t, errOut.String(), "${TEAM}")
	require.NotContains(t, out.String()+errOut.String(), "hunter2")
}

// TestCheck_AFolder: what several files in a folder are read by is told.
func TestCheck_AFolder(t *testing.T) {
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{Files: []string{"testdata/files"}}))
	require.Equal(t, "  FAILED:\ntestdata/files is a folder; name a file, which may name others by rule_files: [rules/*.yml]\n", errOut.String())
}
