package recording

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// recorder is one to a new file, on a clock that a second passes on with each line.
type recorder struct {
	*Recorder
	path string

	mu      sync.Mutex
	limited int
	failed  []error
}

func newRecorder(t *testing.T, change ...func(*Options)) *recorder {
	t.Helper()
	r := &recorder{path: filepath.Join(t.TempDir(), "history.jsonl")}
	at := noon
	o := Options{
		Path:    r.path,
		Now:     func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); at = at.Add(time.Second); return at },
		Limited: func(string) { r.mu.Lock(); defer r.mu.Unlock(); r.limited++ },
		Failed:  func(err error) { r.mu.Lock(); defer r.mu.Unlock(); r.failed = append(r.failed, err) },
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	r.Recorder, err = Open(o)
	require.NoError(t, err)
	return r
}

func (r *recorder) close(t *testing.T) {
	require.NoError(t, r.Close(context.Background()))
	require.NoError(t, r.Close(context.Background()))
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestWhatIsWritten(t *testing.T) {
	r := newRecorder(t)
	r.Notification([]byte("\uFEFF{\n \"version\": \"4\",\n \"alerts\": []\n}\n"), "")
	r.Count("kubernetes:Deployment/shop/web", 3)
	r.HookPost("deploy", "key \"1\"", []byte(`{"by":"alice"}`))
	r.HookPost("deploy", "", []byte(`{}`))
	r.close(t)
	require.Equal(t, []string{
		`{"at":"2026-03-02T12:00:01Z","payload":{  "version": "4",  "alerts": [] }}`,
		`{"at":"2026-03-02T12:00:02Z","counts":{"kubernetes:Deployment/shop/web":3}}`,
		`{"at":"2026-03-02T12:00:03Z","hook":"deploy","key":"key \"1\"","payload":{"by":"alice"}}`,
		`{"at":"2026-03-02T12:00:04Z","hook":"deploy","payload":{}}`, "",
	}, strings.Split(text(t, r.path), "\n"))
	r.Notification([]byte("{}"), "")
	require.Equal(t, 1, r.limited, "nothing is recorded any more")
}

func TestARepeatIsWrittenAsOne(t *testing.T) {
	r := newRecorder(t)
	r.Notification([]byte(`{"alerts":[]}`), "")
	r.Notification([]byte(`{"alerts":[1]}`), "")
	r.Notification([]byte(`{"alerts":[]}`), "")
	r.Notification([]byte(`{"alerts":[]}`), "")
	r.close(t)
	require.Equal(t, []string{
		`{"at":"2026-03-02T12:00:01Z","payload":{"alerts":[]}}`,
		`{"at":"2026-03-02T12:00:02Z","payload":{"alerts":[1]}}`,
		`{"at":"2026-03-02T12:00:03Z","again":"2026-03-02T12:00:01Z"}`,
		`{"at":"2026-03-02T12:00:04Z","again":"2026-03-02T12:00:01Z"}`, "",
	}, strings.Split(text(t, r.path), "\n"))
	got, err := Read([]string{r.path}, nil)
	require.NoError(t, err)
	var payloads []string
	for _, l := range got.Lines {
		payloads = append(payloads, string(l.Payload))
	}
	require.Equal(t, []string{`{"alerts":[]}`, `{"alerts":[1]}`, `{"alerts":[]}`, `{"alerts":[]}`}, payloads)
}

func TestEachFileHasWhatItRepeats(t *testing.T) {
	r := newRecorder(t, func(o *Options) { o.MaxBytes, o.Files = 400, 100 })
	for i := range 40 {
		r.Notification([]byte(`{"alerts":[]}`), "")
		r.Count("web", i)
	}
	r.close(t)
	files, err := filepath.Glob(r.path + "*")
	require.NoError(t, err)
	require.Greater(t, len(files), 5)
	n := 0
	for _, path := range files {
		got, err := Read([]string{path}, nil)
		require.NoError(t, err)
		require.Empty(t, got.Bad)
		for _, l := range got.Lines {
			if l.Payload != nil {
				n++
			}
		}
	}
	require.Equal(t, 40, n)
}

func TestAtOneTimeEachLineHasItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	r, err := Open(Options{Path: path, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	for _, body := range []string{`{"a":1}`, `{"a":2}`, `{"a":1}`, `{"a":2}`} {
		r.Notification([]byte(body), "")
	}
	require.NoError(t, r.Close(t.Context()))
	got, err := Read([]string{path}, nil)
	require.NoError(t, err)
	require.Len(t, got.Lines, 4)
	require.JSONEq(t, `{"a":2}`, string(got.Lines[3].Payload))
	require.Equal(t, noon.Add(3), got.Lines[3].At)
}

func TestAnotherProcessGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(`{"at":"2026-03-02T11:00:00Z","counts":{"web":1}}`+"\n"+`{"at":"2026-03-02T11:`), 0o600))
	r, err := Open(Options{Path: path, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	r.Count("web", 2)
	require.NoError(t, r.Close(t.Context()))

	got, err := Read([]string{path}, nil)
	require.NoError(t, err)
	require.Equal(t, []Line{{At: noon.Add(-time.Hour), Counts: map[string]int{"web": 1}}, {At: noon, Counts: map[string]int{"web": 2}}}, got.Lines)
	require.Len(t, got.Bad, 1)
	require.Contains(t, got.Bad[0], "history.jsonl:2: ")
}

func TestLargeFilesGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { testRotation(t) })
}

func testRotation(t *testing.T) {
	r := newRecorder(t, func(o *Options) { o.MaxBytes, o.Files = 200, 3 })
	for i := range 20 {
		r.Count("web", i)
		time.Sleep(writeEvery)
		synctest.Wait()
	}
	r.close(t)
	require.NoFileExists(t, r.path+".3")
	var paths []string
	for _, end := range []string{"", ".1", ".2"} {
		require.LessOrEqual(t, len(text(t, r.path+end)), 200)
		paths = append(paths, r.path+end)
	}
	got, err := Read(paths, nil)
	require.NoError(t, err)
	require.Empty(t, got.Bad)
	last := -1
	for _, l := range got.Lines {
		require.GreaterOrEqual(t, l.Counts["web"], last, "in order, with the last one before at the head of each file")
		last = l.Counts["web"]
	}
	require.Equal(t, 19, last)
	head, err := parseLine([]byte(strings.SplitN(text(t, r.path), "\n", 2)[0]))
	require.NoError(t, err)
	require.NotNil(t, head.Counts)
}

func TestOneFileAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, func(o *Options) { o.MaxBytes, o.Files = 200, 1 })
		for i := range 20 {
			r.Count("web", i)
			time.Sleep(writeEvery)
			synctest.Wait()
		}
		r.close(t)
		require.NoFileExists(t, r.path+".1")
		require.LessOrEqual(t, len(text(t, r.path)), 200)
		require.Contains(t, text(t, r.path), `{"web":19}`)
		require.Zero(t, r.limited)
	})
}

func TestWhatComesTooFastIsDroppedAndCounted(t *testing.T) {
	r := newRecorder(t, func(o *Options) { o.Waiting = 400 })
	for range 20 {
		r.Notification([]byte(`{"version":"4"}`), "")
	}
	r.close(t)
	require.Positive(t, r.limited)
	require.Equal(t, 20-r.limited, strings.Count(text(t, r.path), "\n"))
}

func TestItIsWrittenWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		r.Count("web", 1)
		time.Sleep(writeEvery + time.Millisecond)
		synctest.Wait()
		require.Contains(t, text(t, r.path), `{"web":1}`)
		r.Notification(make([]byte, muchWaits), "")
		synctest.Wait()
		require.Greater(t, len(text(t, r.path)), muchWaits, "at once, where much waits")
		r.close(t)
	})
}

func TestADiskThatFailsIsToldOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, func(o *Options) { o.MaxBytes = 100 })
		tick := func() { time.Sleep(writeEvery + time.Millisecond); synctest.Wait() }
		r.Count("web", 1)
		tick()
		require.NoError(t, os.Rename(filepath.Dir(r.path), filepath.Dir(r.path)+"-gone"))
		for i := range 3 {
			r.Count("web", i)
			tick()
		}
		require.Len(t, r.failed, 1)
		require.ErrorIs(t, r.failed[0], os.ErrNotExist)
		require.Positive(t, r.limited)
		require.NoError(t, os.Rename(filepath.Dir(r.path)+"-gone", filepath.Dir(r.path)))
		r.Count("web", 9)
		tick()
		require.NoError(t, r.failed[1], "it works again")
		require.Contains(t, text(t, r.path), `{"web":9}`)
		r.close(t)
	})
	_, err := Open(Options{Path: t.TempDir()})
	require.ErrorContains(t, err, "record to ")
}

func TestRead(t *testing.T) {
	in := strings.NewReader(`
{"at":"2026-03-02T12:00:02Z","counts":{"web":3}}
{"at":"2026-03-02T12:00:01.5Z","payload":{"version":"4","alerts":[]},"more":{"a":[1]}}
nonsense
[]
{"payload":{}}
{"at":"2026-03-02T12:00:00Z"}
{"at":"noon","payload":{}}
{"at":"2026-03-02T12:00:00Z","counts":{"web":"many"}}
{"at":"2026-03-02T12:00:00Z","again":"2026-03-02T11:00:00Z"}
{"at":"9999-03-02T12:00:00Z","payload":{}}
{"at":"2026-03-02T12:00:00Z","payl
`)
	r, err := Read([]string{"-"}, in)
	require.NoError(t, err)
	require.Equal(t, []Line{
		{At: noon.Add(1500 * time.Millisecond), Payload: []byte(`{"version":"4","alerts":[]}`)},
		{At: noon.Add(2 * time.Second), Counts: map[string]int{"web": 3}},
	}, r.Lines)
	require.Len(t, r.Bad, 9)
	for i, bad := range r.Bad {
		require.Contains(t, bad, fmt.Sprintf("-:%d: ", i+4))
	}
	_, err = Read([]string{"nobody.jsonl"}, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestProperty_WhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var all []byte
		want := &Recording{}
		payload := []byte(`{"a":"\n \u00e9 "}`)
		for i := range rapid.IntRange(0, 5).Draw(r, "lines") {
			l := Line{At: noon.Add(time.Duration(i) * time.Millisecond)}
			switch rapid.IntRange(0, 2).Draw(r, "kind") {
			case 0:
				l.Payload = payload
			case 1:
				l.Hook, l.Key, l.Payload = rapid.StringN(1, 20, -1).Draw(r, "hook"), rapid.String().Draw(r, "key"), payload
			default:
				l.Counts = rapid.MapOf(rapid.String(), rapid.Int()).Draw(r, "counts")
			}
			want.Lines = append(want.Lines, l)
			all = l.Append(all)
		}
		got, err := Read([]string{"-"}, strings.NewReader(string(all)))
		require.NoError(r, err)
		require.Equal(r, want, got)
	})
}

// BenchmarkNotification is what recording a notification costs, with the writing of it.
func BenchmarkNotification(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		for _, repeats := range []bool{true, false} {
			b.Run(fmt.Sprintf("bytes=%d/repeat=%t", size, repeats), func(b *testing.B) {
				r, err := Open(Options{Path: filepath.Join(b.TempDir(), "history.jsonl"), Files: 1})
				require.NoError(b, err)
				body := []byte(strings.Repeat("x", size))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if !repeats {
						copy(body, fmt.Appendf(nil, "%09d", i))
					}
					r.Notification(body, "")
					for r.wait() > 8<<20 {
						runtime.Gosched()
					}
				}
				require.NoError(b, r.Close(b.Context()))
			})
		}
	}
}

// wait is how many bytes wait to be written.
func (r *Recorder) wait() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}
