package web

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRefusalsAreLoggedOnceASecond goes through the codes of which there is one line a second, with a clock that
// stands still between the steps.
func TestRefusalsAreLoggedOnceASecond(t *testing.T) {
	now := time.Date(2026, 11, 20, 5, 24, 45, 0, time.UTC)
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}), func(o *Options) {
		o.Now = func() time.Time { return now }
		o.MaxRequestBytes = 100
	})
	causes := map[string]func(){
		"401": func() { s.post("/hook/deploy?key=wrong", "") },
		"403": func() { s.post("/-/reload", "", "Sec-Fetch-Site", "cross-site") },
		"404": func() { s.ask("GET", "/nowhere", "") },
		"405": func() { s.ask("GET", "/webhook", "") },
		"413": func() { s.post("/webhook", strings.Repeat("x", 101)) },
	}
	for code, cause := range causes {
		s.log.Reset()
		for range 5 {
			cause()
		}
		require.Equal(t, 1, strings.Count(s.log.String(), "level=warn msg=\"request refused\""), code)
		require.Contains(t, s.log.String(), "code="+code)
		require.NotContains(t, s.log.String(), "left_out")
	}
	now = now.Add(time.Second)
	for code, cause := range causes {
		s.log.Reset()
		cause()
		require.Contains(t, s.log.String(), "left_out=4\n", code)
	}
	now = now.Add(-time.Hour) // somebody set the clock
	s.log.Reset()
	causes["404"]()
	require.Contains(t, s.log.String(), "code=404")
}

// TestBadNotificationsAreLoggedEach checks that one sender's fault does not hide another's.
func TestBadNotificationsAreLoggedEach(t *testing.T) {
	now := time.Date(2026, 11, 20, 5, 24, 45, 0, time.UTC)
	s := newSite(&fakeCore{}, func(o *Options) { o.Now = func() time.Time { return now } })
	for range 30 {
		s.ask("POST", "/webhook", "{")
	}
	require.Equal(t, 10, strings.Count(s.log.String(), "code=400"))
}

// TestRefusalsAreShort checks that nobody fills the log, or an answer, by what is echoed.
func TestRefusalsAreShort(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	s := newSite(&fakeCore{})
	_, notFound := s.ask("GET", "/"+long, "")
	_, notAllowed := s.ask(strings.Repeat("X", 100_000), "/webhook", "")
	require.Less(t, len(notFound)+len(notAllowed), 1500)
	require.Less(t, s.log.Len(), 2500)
	require.Contains(t, notFound, "é…")
}

func TestClip(t *testing.T) {
	require.Equal(t, "abc", clip("abc", 3))
	require.Equal(t, "ab…", clip("abc", 2))
	require.Equal(t, "a…", clip("aé", 2), "no half character")
	require.Equal(t, "…", clip("\x80\x80\x80", 1))
}
