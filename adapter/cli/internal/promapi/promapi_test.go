package promapi

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
)

func TestPoint(t *testing.T) {
	var all []Point
	require.NoError(t, json.Unmarshal([]byte(`[[1795152285.25,"1"],[1795152286.001,"-2.5e3"],[1795152287,"+Inf"]]`), &all))
	require.Equal(t, Point{1795152285250, 1}, all[0])
	require.Equal(t, Point{1795152286001, -2500}, all[1])
	require.Equal(t, "2026-11-20T05:24:47Z", all[2].Time().Format(time.RFC3339Nano))
	require.Equal(t, all[1].Time(), Seconds(1795152286.001))
	for _, bad := range []string{`{}`, `[]`, `["1","1"]`, `[1,1]`, `[1,"x"]`, `[1,"1",2]`, `[1`} {
		require.Error(t, json.Unmarshal([]byte(bad), &Point{}), bad)
	}
}
