package hook

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, c Config, token string) *Hook {
	t.Helper()
	c.TokenFile = filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(c.TokenFile, []byte(token), 0o600))
	h, err := Open(c)
	require.NoError(t, err)
	return h
}

func TestToken(t *testing.T) {
	h := open(t, Config{Name: "deploy"}, "s3cret\n")
	for token, allowed := range map[string]bool{"s3cret": true, "s3cre": false, "s3cret\n": false, "S3cret": false, "": false} {
		require.Equal(t, allowed, h.Allows(token), "%q", token)
	}
	dir := t.TempDir()
	_, err := Open(Config{TokenFile: filepath.Join(dir, "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "token_file: ")
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte(" \n"), 0o600))
	_, err = Open(Config{TokenFile: empty})
	require.ErrorContains(t, err, "empty is empty, so that anybody could post to the hook; write a token into it")
	require.NoError(t, os.WriteFile(empty, []byte("one\ntwo\n"), 0o600))
	_, err = Open(Config{TokenFile: empty})
	require.ErrorContains(t, err, "more than one word")
	require.NoError(t, os.WriteFile(empty, []byte("\ufeff\r\n"), 0o600))
	_, err = Open(Config{TokenFile: empty})
	require.ErrorContains(t, err, "is empty", "a byte order mark is no token")
	_, err = Open(Config{})
	require.EqualError(t, err, "token_file: is empty; want the path of a file with the token that a sender has to show")
	marked := open(t, Config{Name: "deploy"}, "\ufeffs3cret\r\n")
	require.True(t, marked.Allows("s3cret"))
}

func TestName(t *testing.T) {
	for name, valid := range map[string]bool{"deploy": true, "Deploy-2_x": true, "": false, "a/b": false, "..": false, "a b": false, "ä": false, "a%": false} {
		require.Equal(t, valid, validName(name), "%q", name)
	}
}

func TestEvent(t *testing.T) {
	h := open(t, Config{Name: "deploy", Labels: rules.Labels{{Name: "action", Value: "up"}}, For: 5 * time.Minute}, "t")
	e, err := h.Event([]byte(`{"service": "web", "action": "down", "hook": "mine"}`), "", "", noon)
	require.NoError(t, err)
	require.Equal(t, []string{"deploy", "hook/deploy"}, []string{e.Hook, e.Receiver})
	require.Zero(t, e.Group(), "nothing is concluded from what it leaves out")
	require.Len(t, e.Alerts, 1)
	a := e.Alerts[0]
	require.Equal(t, rules.Labels{{Name: "action", Value: "up"}, {Name: "hook", Value: "deploy"}, {Name: "service", Value: "web"}}, a.Labels)
	require.Equal(t, a.Labels, e.CommonLabels)
	require.False(t, a.Resolved)
	require.Equal(t, noon, a.StartsAt)
	require.Equal(t, noon.Add(5*time.Minute), e.Until)
	require.Zero(t, e.KnownUntil)
}

func TestTheKeyIsTheIdentity(t *testing.T) {
	h, other := open(t, Config{Name: "deploy"}, "t"), open(t, Config{Name: "other"}, "t")
	e, err := h.Event(nil, "", "build 7", noon)
	require.NoError(t, err)
	require.Equal(t, noon.Add(24*time.Hour), e.KnownUntil)
	press := func(h *Hook, body, key string) rules.Alert {
		e, err := h.Event([]byte(body), "", key, noon)
		require.NoError(t, err)
		return e.Alerts[0]
	}
	a := press(h, "", "build 7")
	require.Equal(t, a.Fingerprint, press(h, `{"a": 1}`, "build 7").Fingerprint)
	require.NotEqual(t, a.Fingerprint, press(h, "", "build 8").Fingerprint)
	require.NotEqual(t, a.Fingerprint, press(other, "", "build 7").Fingerprint)
	known := map[string]bool{}
	for i := range 10_000 {
		known[press(h, "", strconv.Itoa(i)).Fingerprint] = true
	}
	require.Len(t, known, 10_000)
	first, second := press(h, "", ""), press(h, "", "")
	require.NotEqual(t, first.Fingerprint, second.Fingerprint)
}

func TestBody(t *testing.T) {
	for body, want := range map[string]string{
		"":        "",
		" \r\n\t": "",
		"{}":      "",
		`{"s": "a\"b", "n": 3, "f": 1.50, "big": 12345678901234567890, "yes": true, "no": false}`: "big=12345678901234567890 f=1.50 n=3 no=false s=a\"b yes=true",
		`{"list": [1, {"a": "b"}], "object": {"a": "b"}, "null": null, "empty": "", "": "x"}`:     "",
		`{"a": "1", "a": "2"}`: "a=2",
		`{"größe": "Ä"}`:       "größe=Ä",
		"\ufeff{\"a\": 1}":     "a=1",
		"\ufeff \n":            "",
	} {
		labels, err := readLabels([]byte(body), "application/json")
		require.NoError(t, err, body)
		require.Equal(t, want, join(labels), body)
	}
	for body, says := range map[string]string{
		"a=b&c=d":           "no JSON",
		`{"a": `:            "no JSON",
		`{"a": 1`:           "no JSON",
		`{"a" 1}`:           "no JSON",
		`{"a": nul}`:        "no JSON",
		"{\"a\": \"\xff\"}": "no JSON",
		`{"a": [1, }`:       "no JSON",
		`[1]`:               "no object",
		`"text"`:            "no object",
		`null`:              "no object",
		`{} {}`:             "goes on",
		`{}x`:               "goes on",
	} {
		_, err := readLabels([]byte(body), "application/json")
		require.ErrorContains(t, err, says, body)
	}
}

const form = "application/x-www-form-urlencoded"

func TestForm(t *testing.T) {
	for body, want := range map[string]string{
		"": "",
		"command=%2Fscale&text=web+up&user_name=x": "command=/scale text=web up user_name=x",
		"a=1&a=2&b=&=c&d":                          "a=2",
		"n=3&f=1.50&yes=true":                      "f=1.50 n=3 yes=true",
		"gr%C3%B6%C3%9Fe=%C3%84\n":                 "größe=Ä",
		"a=%FF%FEx&b=\xff":                         "a=\ufffdx b=\ufffd",
		"a=%7B%22b%22%3A1%7D":                      `a={"b":1}`,
		"%7Ba=1":                                   "{a=1",
		`{"a": "b"}`:                               "a=b", // as curl -d sends it
	} {
		for _, contentType := range []string{form, "Application/X-WWW-Form-URLEncoded; charset=utf-8", form + "; charset"} {
			labels, err := readLabels([]byte(body), contentType)
			require.NoError(t, err, body)
			require.Equal(t, want, join(labels), body)
		}
	}
	for body, says := range map[string]string{"a=%zz": "no form: invalid URL escape", "a=1;b=2": "no form: invalid semicolon", `["a"]`: "no object", `"a=1"`: "no object"} {
		_, err := readLabels([]byte(body), form)
		require.ErrorContains(t, err, says, body)
		require.ErrorContains(t, err, "want an object whose fields become labels, a form with Content-Type", body)
	}
	for _, other := range []string{"", "text/plain", "multipart/form-data; boundary=x", "application/json"} {
		_, err := readLabels([]byte("a=b"), other)
		require.ErrorContains(t, err, "no JSON", other)
	}
}

func TestEventOfAForm(t *testing.T) {
	h := open(t, Config{Name: "chat", Labels: rules.Labels{{Name: "action", Value: "up"}}, For: time.Minute}, "t")
	e, err := h.Event([]byte("text=web&action=down&hook=mine"), form, "", noon)
	require.NoError(t, err)
	require.Equal(t, rules.Labels{{Name: "action", Value: "up"}, {Name: "hook", Value: "chat"}, {Name: "text", Value: "web"}}, e.Alerts[0].Labels)
	_, err = h.Event([]byte("text=web"), "", "", noon)
	require.ErrorContains(t, err, "no JSON")
}

func join(labels map[string]string) string {
	var all []string
	for _, l := range sorted(labels) {
		all = append(all, l.Name+"="+l.Value)
	}
	return strings.Join(all, " ")
}

// FuzzBody: whatever is posted, it is read or refused, and no label is empty or no text.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"a": 1, "b": [{}], "c": "\ud800"}`), "application/json")
	f.Add([]byte("a=1&b=%FF&c"), form)
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		labels, err := readLabels(body, contentType)
		if err != nil {
			return
		}
		for name, value := range labels {
			require.NotEmpty(t, name)
			require.NotEmpty(t, value)
			require.True(t, utf8.ValidString(name) && utf8.ValidString(value))
		}
	})
}

func TestAFormWithAPayload(t *testing.T) {
	h := open(t, Config{Name: "deploy"}, "t")
	const form = "application/x-www-form-urlencoded"
	for body, want := range map[string]rules.Labels{
		"payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%2C%22text%22%3A%22web+up%22%7D": {
			{Name: "hook", Value: "deploy"}, {Name: "text", Value: "web up"}, {Name: "type", Value: "block_actions"},
		},
		"payload=%7B%22text%22%3A%22a%22%7D&text=b": {{Name: "hook", Value: "deploy"}, {Name: "text", Value: "b"}},
		"payload=web": {{Name: "hook", Value: "deploy"}, {Name: "payload", Value: "web"}},
	} {
		e, err := h.Event([]byte(body), form, "", noon)
		require.NoError(t, err, body)
		require.Equal(t, want, e.Alerts[0].Labels, body)
	}
	_, err := h.Event([]byte("payload=%7B"), form, "", noon)
	require.ErrorContains(t, err, "the field payload of the form: the body is no JSON: ")
}
