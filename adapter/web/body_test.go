package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// packed returns a text as gzip.
func packed(t require.TestingT, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestContentEncoding(t *testing.T) {
	const limit = 10_000
	fits := minimal + strings.Repeat(" ", limit-len(minimal))
	bomb := packed(t, fits+" ")
	require.Less(t, len(bomb), 200)
	whole := packed(t, minimal)
	for _, test := range []struct {
		name, encoding, body string
		code                 int
		says                 string
	}{
		{"gzip", "gzip", whole, 200, ""},
		{"as others write it", " GZip", whole, 200, ""},
		{"its old name", "x-gzip", whole, 200, ""},
		{"two members", "gzip", packed(t, minimal[:20]) + packed(t, minimal[20:]), 200, ""},
		{"none", "identity", minimal, 200, ""},
		{"the most that is taken", "gzip", packed(t, fits), 200, ""},
		{"a byte more", "gzip", bomb, 413, "over 10000 bytes"},
		{"nothing", "gzip", "", 400, "gzip"},
		{"no gzip", "gzip", minimal, 400, "unpack the body, which is gzip by its Content-Encoding: gzip: invalid header"},
		{"cut off", "gzip", whole[:len(whole)-9], 400, "unexpected EOF"},
		{"a wrong checksum", "gzip", whole[:len(whole)-8] + "\x00\x00\x00\x00" + whole[len(whole)-4:], 400, "checksum"},
		{"another thing after it", "gzip", whole + "{}", 400, ""},
		{"another encoding", "br", minimal, 415, `the Content-Encoding \"br\" is not taken: send the body as it is, or as gzip`},
		{"twice", "gzip, gzip", packed(t, whole), 415, "is not taken"},
	} {
		for _, path := range []string{"/webhook", "/hook/deploy?key=t"} {
			t.Run(test.name+path, func(t *testing.T) {
				s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}), func(o *Options) { o.MaxRequestBytes = limit })
				r, body := s.post(path, test.body, "Content-Encoding", test.encoding)
				require.Equal(t, test.code, r.StatusCode, body)
				require.Contains(t, body, test.says)
				require.Equal(t, 1.0, s.count(t, fmt.Sprint(test.code)))
				require.Equal(t, test.code == 415, r.Header.Get("Accept-Encoding") == "gzip")
				require.Equal(t, test.code == 413, s.limited.all()["request_bytes"] == 1)
				r, body = s.post(path, whole, "Content-Encoding", "gzip") // what was kept of the last is no harm
				require.Equal(t, 200, r.StatusCode, body)
			})
		}
	}
}

// TestPackedBodies checks that a body is decoded the same whether it is packed or not, and that its reservation
// ends with it.
func TestPackedBodies(t *testing.T) {
	var got []byte
	s := newSite(&fakeCore{}, func(o *Options) {
		o.InflightBytes, o.MaxRequestBytes = 50_000, 50_000
		o.Decode = func(body []byte, _ string) (*rules.Event, error) {
			got = bytes.Clone(body)
			return &rules.Event{}, nil
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := strings.Repeat(rapid.String().Draw(t, "text"), rapid.IntRange(1, 100).Draw(t, "times"))
		r, _ := s.post("/webhook", packed(t, want), "Content-Encoding", "gzip")
		require.Equal(t, len(want) <= 50_000, r.StatusCode == 200)
		if r.StatusCode == 200 {
			require.Equal(t, want, string(got))
		}
	})
}

// TestAnnouncedTooLong checks that a body that is announced as too long is not read.
func TestAnnouncedTooLong(t *testing.T) {
	s := newSite(&fakeCore{})
	r := httptest.NewRequest("POST", "/webhook", unread{t})
	r.ContentLength = DefaultMaxRequestBytes + 1
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, 413, w.Code)
	require.Equal(t, map[string]int{"request_bytes": 1}, s.limited.all())
}

// unread is a body that is not to be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// TestInflightBytes holds bodies in the core until there is no room for another, packed or not, and checks that
// there is room again when they are answered.
func TestInflightBytes(t *testing.T) {
	const size = 1000
	body := minimal + strings.Repeat(" ", size-len(minimal))
	enter, leave := make(chan struct{}), make(chan struct{})
	s := newSite(&fakeCore{handle: func(context.Context, *rules.Event) []engine.Decision {
		enter <- struct{}{}
		<-leave
		return nil
	}}, func(o *Options) { o.InflightBytes = 2*size + 10 })
	var wg sync.WaitGroup
	for range 2 {
		for _, headers := range [][]string{nil, {"Content-Encoding", "gzip"}} {
			wg.Go(func() {
				sent := body
				if headers != nil {
					sent = packed(t, body)
				}
				if r, text := s.post("/webhook", sent, headers...); r.StatusCode != 200 {
					t.Error(text)
				}
			})
			<-enter
		}
		r, text := s.post("/webhook", body)
		require.Equal(t, 503, r.StatusCode)
		require.Equal(t, retryAfter, r.Header.Get("Retry-After"))
		require.Contains(t, text, `"errorType":"unavailable","error":"too much is being worked on at once (--limits.inflight-bytes)`)
		r, _ = s.post("/webhook", packed(t, body), "Content-Encoding", "gzip")
		require.Equal(t, 503, r.StatusCode)
		leave <- struct{}{}
		leave <- struct{}{}
		wg.Wait()
	}
	require.Equal(t, map[string]int{"inflight_bytes": 4}, s.limited.all())
	require.Equal(t, 4.0, s.count(t, "503"))
}

// TestInflightBytesAreReleased checks this of every way to answer: else alertscale would refuse everybody after a
// while.
func TestInflightBytesAreReleased(t *testing.T) {
	s := newSite(&fakeCore{handle: func(_ context.Context, e *rules.Event) []engine.Decision {
		if e.Receiver == "panics" {
			panic("of the core")
		}
		return nil
	}}, func(o *Options) { o.InflightBytes, o.MaxRequestBytes = 300, 200 })
	for range 10 {
		for body, code := range map[string]int{
			minimal: 200, strings.Replace(minimal, "alertscale", "panics", 1): 500, strings.Repeat("x", 150): 400,
		} {
			r, text := s.ask("POST", "/webhook", body)
			require.Equal(t, code, r.StatusCode, text)
		}
		r, _ := s.post("/webhook", packed(t, strings.Repeat("x", 250)), "Content-Encoding", "gzip")
		require.Equal(t, 413, r.StatusCode)
		s.ask("GET", "/webhook", "")
	}
}

// TestAnnouncedIsNotReserved checks that a sender that announces much and sends nothing keeps nobody out.
func TestAnnouncedIsNotReserved(t *testing.T) {
	server := httptest.NewServer(newSite(&fakeCore{}, func(o *Options) { o.InflightBytes = 1000 }))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	require.NoError(t, err)
	r, err := http.Post(server.URL+"/webhook", "application/json", strings.NewReader(minimal))
	require.NoError(t, err)
	require.Equal(t, 200, r.StatusCode, readAll(t, r))
}

// TestHangsInAPackedBody checks that the time-out is told from a broken gzip.
func TestHangsInAPackedBody(t *testing.T) {
	server := httptest.NewUnstartedServer(newSite(&fakeCore{}))
	server.Config.ReadTimeout = 200 * time.Millisecond
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	half := packed(t, minimal)[:20]
	_, err = io.WriteString(conn, "POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n"+half)
	require.NoError(t, err)
	text, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "HTTP/1.1 503 "), string(text))
}
