package webhook

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

func TestARepeatedBodyIsDecodedOnce(t *testing.T) {
	d := NewDecoder()
	body := notification(t, 20)
	first, err := d.Decode(body, "")
	require.NoError(t, err)
	again, err := d.Decode([]byte(string(body)), "")
	require.NoError(t, err)
	require.Same(t, first, again)

	other := []byte(strings.Replace(string(body), "HighCPU", "HighCPX", 1))
	next, err := d.Decode(other, "")
	require.NoError(t, err)
	require.NotSame(t, first, next)
	want, err := Decode(other)
	require.NoError(t, err)
	require.Equal(t, want, next)
}

// The body belongs to whoever read it, who overwrites it with the next one.
func TestARememberedBodyIsACopy(t *testing.T) {
	d := NewDecoder()
	body := notification(t, 2)
	text := string(body)
	first, err := d.Decode(body, "")
	require.NoError(t, err)
	for i := range body {
		body[i] = ' '
	}
	again, err := d.Decode([]byte(text), "")
	require.NoError(t, err)
	require.Same(t, first, again)
	want, err := Decode([]byte(text))
	require.NoError(t, err)
	require.Equal(t, want, again)
	_, err = d.Decode(body, "")
	require.Error(t, err)
}

func TestTwoBodiesOfOneHashAreTwo(t *testing.T) {
	d := NewDecoder()
	d.put(7, decoded{"one", "", &rules.Event{Receiver: "one"}})
	known, ok := d.get(7)
	require.True(t, ok)
	require.Equal(t, "one", known.body)
	d.put(7, decoded{"two", "", &rules.Event{Receiver: "two"}})
	known, _ = d.get(7)
	require.Equal(t, "two", known.body)
}

// What is mended before it is read, and what is no notification, is not remembered, and read each time.
func TestWhatIsMendedOrRefusedIsReadEachTime(t *testing.T) {
	d := NewDecoder()
	good := notification(t, 1)
	for _, body := range [][]byte{
		append([]byte(byteOrderMark), good...),
		[]byte(strings.Replace(string(good), "HighCPU", "High\xffCPU", 1)),
		[]byte(`{"version": "3"}`),
	} {
		want, wantErr := Decode(body)
		for range 2 {
			e, err := d.Decode(body, "")
			require.Equal(t, wantErr, err)
			require.Equal(t, want, e)
		}
	}
	require.Empty(t, d.recent)
}

// However many bodies come, a few megabytes of them are remembered, and those that come again and again are among them.
func TestRememberedBodiesAreBounded(t *testing.T) {
	d := NewDecoder()
	often := notification(t, 3)
	first, err := d.Decode(often, "")
	require.NoError(t, err)
	for i := range 5000 {
		body := []byte(strings.Replace(string(notification(t, 3)), "HighCPU", fmt.Sprint("Alert", i), 1))
		_, err := d.Decode(body, "")
		require.NoError(t, err)
		again, err := d.Decode(often, "")
		require.NoError(t, err)
		require.Same(t, first, again)
	}
	size := 0
	for _, all := range []map[uint64]decoded{d.recent, d.former} {
		for _, known := range all {
			size += len(known.body)
		}
	}
	require.Less(t, size, 2*maxRecent)
	require.Greater(t, len(d.former), 100)
}

// TestSendersShareADecoder is of use to the race detector.
func TestSendersShareADecoder(t *testing.T) {
	d := NewDecoder()
	bodies := [][]byte{notification(t, 1), notification(t, 2), notification(t, 3)}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 100 {
				e, err := d.Decode(bodies[(i+n)%3], "")
				if err != nil || len(e.Alerts) != (i+n)%3+1 {
					t.Errorf("%v, %v", e, err)
				}
			}
		})
	}
	all.Wait()
}
