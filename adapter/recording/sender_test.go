package recording

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoPostedIsWritten(t *testing.T) {
	r := newRecorder(t)
	list := "[\n {\"labels\":{\"a\":\"b\"}}\n]"
	r.Notification([]byte(list), "prod")
	r.Notification([]byte(list), "dev")
	r.Notification([]byte("{}"), "")
	r.close(t)
	require.Equal(t, []string{
		`{"at":"2026-03-02T12:00:01Z","sender":"prod","payload":[  {"labels":{"a":"b"}} ]}`,
		`{"at":"2026-03-02T12:00:02Z","sender":"dev","again":"2026-03-02T12:00:01Z"}`,
		`{"at":"2026-03-02T12:00:03Z","payload":{}}`, "",
	}, strings.Split(text(t, r.path), "\n"))
	read, err := Read([]string{r.path}, nil)
	require.NoError(t, err)
	require.Empty(t, read.Bad)
	var senders []string
	for _, l := range read.Lines {
		senders = append(senders, l.Sender)
	}
	require.Equal(t, []string{"prod", "dev", ""}, senders)
	require.Equal(t, read.Lines[0].Payload, read.Lines[1].Payload)
}
