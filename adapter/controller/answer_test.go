package controller_test

import (
	"net/http"
	"testing"
	"time"

	"alertscale/adapter/controller"

	"github.com/stretchr/testify/require"
)

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "-1": 0, "soon": 0,
		"Thu, 01 Jan 2026 12:00:30 GMT": 30 * time.Second,
		"Thu, 01 Jan 2026 11:00:30 GMT": 0,
	} {
		after, said := controller.RetryAfter(http.Header{"Retry-After": {header}}, at)
		require.Equal(t, want, after, header)
		require.Equal(t, want > 0 || header != "" && header[0] == 'T', said, header)
	}
}

func TestOneLine(t *testing.T) {
	require.Equal(t, "a b c", controller.OneLine(" a\n\tb  c\n", 5))
	require.Equal(t, "a b…", controller.OneLine("a b c", 3))
	require.Equal(t, "a…", controller.OneLine("aäb", 2), "no half of a letter")
}
