package log

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// stringer is a Stringer, and panics where it is told to.
type stringer struct{ text string }

func (s *stringer) String() string {
	if s.text == "panic" {
		panic("\x1b[2J")
	}
	return s.text
}

type word string

func TestSafeValues(t *testing.T) {
	const dirty = "a\x1b[2J\u202eb\u200bc\x7f\u009b\u2028\xff\U000e0041"
	const cleaned = `a\x1b[2J\u202eb\u200bc\x7f\u009b\u2028\xff\U000e0041`
	var none *stringer
	for _, test := range []struct {
		name       string
		value      any
		logfmt, js string // of the logs
	}{
		{"text", dirty, cleaned, cleaned},
		{"error", errors.New(dirty), cleaned, cleaned},
		{"Stringer", &stringer{dirty}, cleaned, cleaned},
		{"a type of text", word(dirty), cleaned, cleaned},
		{"list", []string{dirty, "x"}, `"[` + strings.ReplaceAll(cleaned, `\`, `\\`) + ` x]"`, "[" + cleaned + " x]"},
		{"bytes", []byte("\x1b"), `[27]`, "Gw=="},
		{"Stringer that panics", &stringer{"panic"}, `"*log.stringer: \\x1b[2J"`, `*log.stringer: \x1b[2J`},
		{"nil", nil, "null", ""},
		{"nil pointer", none, "null", ""},
		{"number", 7, "7", ""},
		{"duration", time.Minute, "1m0s", "1m0s"},
		{"address", netip.MustParseAddr("::1"), "::1", "::1"},
		{"other scripts", "größer 数 🚀", `"größer 数 🚀"`, "größer 数 🚀"},
		{"lines", "a\nb\tc", `"a\nb\tc"`, "a\nb\tc"},
		{"list that is clean", []string{"a"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text, js strings.Builder
			require.NoError(t, Safe(log.NewLogfmtLogger(&text)).Log("k", test.value))
			if test.logfmt != "" && test.name != "bytes" {
				require.Equal(t, "k="+test.logfmt+"\n", text.String())
			}
			require.NoError(t, Safe(log.NewJSONLogger(&js)).Log("k", test.value))
			var got map[string]any
			require.NoError(t, json.Unmarshal([]byte(js.String()), &got), js.String())
			if test.js != "" {
				require.Equal(t, test.js, got["k"])
			}
		})
	}
}

// TestSafeLines checks of any text that a line stays one, and that there is nothing in it that does not print.
func TestSafeLines(t *testing.T) {
	odd := rapid.SampledFrom([]string{"\x1b", "\n", "\r", "\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x80", "é", " ", "\"", "\\", "="})
	value := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(odd), func(s []string) string { return strings.Join(s, "") }))
	rapid.Check(t, func(t *rapid.T) {
		v := value.Draw(t, "value")
		for _, format := range []func(*strings.Builder) log.Logger{
			func(b *strings.Builder) log.Logger { return log.NewLogfmtLogger(b) },
			func(b *strings.Builder) log.Logger { return log.NewJSONLogger(b) },
		} {
			var b strings.Builder
			require.NoError(t, Safe(format(&b)).Log("a", v, "b", errors.New(v)))
			line := strings.TrimSuffix(b.String(), "\n")
			require.True(t, utf8.ValidString(line))
			require.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return !strconv.IsPrint(r) || unicode.Is(unicode.Cf, r) }), "%q", line)
		}
	})
}

func TestSafeCuts(t *testing.T) {
	for _, value := range []string{
		strings.Repeat("x", 3*MaxValue), strings.Repeat("é", 2*MaxValue), strings.Repeat("\u202e", MaxValue), strings.Repeat("\xff", MaxValue),
	} {
		got := clean(value)
		require.Less(t, len(got), MaxValue+40)
		require.Greater(t, len(got), MaxValue-10)
		require.True(t, utf8.ValidString(got))
		require.Contains(t, got, " bytes more)")
	}
	require.Equal(t, strings.Repeat("x", MaxValue)+"… (5 bytes more)", clean(strings.Repeat("x", MaxValue+5)))
	longest := strings.Repeat("x", MaxValue)
	require.True(t, isClean(longest))
}

// TestSafeLeavesTheCaller checks that a caller's values are its own, that levels pass, and that values which are
// found late are cleaned too.
func TestSafeLeavesTheCaller(t *testing.T) {
	var text strings.Builder
	logger := log.With(level.NewFilter(Safe(log.NewLogfmtLogger(&text)), level.AllowInfo()), "ts", log.Valuer(func() any { return "\x1b" }))
	values := []any{"a", "\x1b", "b", "c"}
	require.NoError(t, level.Info(logger).Log(values...))
	require.NoError(t, level.Debug(logger).Log(values...))
	require.Equal(t, []any{"a", "\x1b", "b", "c"}, values)
	require.Equal(t, `level=info ts=\x1b a=\x1b b=c`+"\n", text.String())
}

func BenchmarkSafe(b *testing.B) {
	logger := Safe(log.NewNopLogger())
	line := []any{"msg", "decision", "ref", "k:Deployment/shop/web", "why", "up 2: 3 → 5", "from", "3", "level", level.InfoValue()}
	b.ReportAllocs()
	for b.Loop() {
		_ = logger.Log(line...)
	}
}
