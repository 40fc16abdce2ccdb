package webhook

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	amwebhook "github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// requireSame checks an event against the message as Alertmanager's own type reads it.
func requireSame(tb testing.TB, m *amwebhook.Message, e *rules.Event) {
	tb.Helper()
	require.Equal(tb, m.Receiver, e.Receiver)
	require.Equal(tb, m.GroupKey, e.GroupKey)
	require.Equal(tb, m.ExternalURL, e.ExternalURL)
	requireLabels(tb, unreserved(m.GroupLabels), e.GroupLabels)
	requireLabels(tb, unreserved(m.CommonLabels), e.CommonLabels)
	requireLabels(tb, m.CommonAnnotations, e.CommonAnnotations)
	taken, refused, reserved := 0, 0, 0
	for _, want := range m.Alerts {
		if _, ok := want.Labels["hook"]; ok {
			reserved++
		}
		if isOdd(want) {
			refused++
			continue
		}
		require.Greater(tb, len(e.Alerts), taken)
		requireAlert(tb, want, e.Alerts[taken])
		taken++
	}
	require.Len(tb, e.Alerts, taken)
	require.Equal(tb, refused, len(e.Refused)+e.RefusedRest)
	require.Equal(tb, reserved, e.ReservedLabels)
	truncated := int(min(m.TruncatedAlerts, math.MaxInt))
	require.Equal(tb, truncated+min(refused, math.MaxInt-truncated), e.Truncated)
}

func requireAlert(tb testing.TB, want template.Alert, got rules.Alert) {
	tb.Helper()
	require.Equal(tb, want.Status == "resolved", got.Resolved)
	requireLabels(tb, unreserved(want.Labels), got.Labels)
	requireLabels(tb, want.Annotations, got.Annotations)
	requireTime(tb, want.StartsAt, got.StartsAt)
	if got.Resolved {
		requireTime(tb, want.EndsAt, got.EndsAt)
	} else {
		require.Zero(tb, got.EndsAt)
	}
	_, reserved := want.Labels["hook"]
	if reserved || !regexp.MustCompile(`^[0-9a-fA-F]{16}$`).MatchString(want.Fingerprint) {
		want.Fingerprint = Fingerprint(got.Labels)
	}
	require.Equal(tb, strings.ToLower(want.Fingerprint), got.Fingerprint)
}

func requireTime(tb testing.TB, want, got time.Time) {
	tb.Helper()
	if isMissing(want) {
		require.Zero(tb, got)
		return
	}
	require.True(tb, want.Equal(got), "%v, not %v", got, want)
	require.Equal(tb, time.UTC, got.Location())
}

func requireLabels(tb testing.TB, want template.KV, got rules.Labels) {
	tb.Helper()
	require.Len(tb, got, len(want), "no name is duplicated")
	for name, value := range want {
		require.Contains(tb, got, rules.Label{Name: name, Value: value})
	}
}

func unreserved(kv template.KV) template.KV {
	kv = maps.Clone(kv)
	delete(kv, "hook")
	return kv
}

// isOdd reports whether an alert is one that has to be refused.
func isOdd(a template.Alert) bool {
	odd := func(t time.Time) bool {
		return !isMissing(t) && (t.UTC().Year() < 1970 || t.UTC().Year() > 9998)
	}
	return len(unreserved(a.Labels)) == 0 || a.Status != "firing" && a.Status != "resolved" ||
		odd(a.StartsAt) || a.Status == "resolved" && odd(a.EndsAt)
}

// isMissing reports whether a time is the zero time, in whatever zone somebody wrote it.
func isMissing(t time.Time) bool {
	return t.UTC().Year() == 0 || t.UTC().Year() == 1
}

// message returns what encoding/json reads, with what an alert inherits; nil unless it is a notification of
// which there are no two opinions: encoding/json joins what is duplicated and reads "Labels" as "labels", which
// its second version does not.
func message(body []byte) *amwebhook.Message {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var m, strict amwebhook.Message
	if json.Unmarshal(body, &m) != nil || m.Data == nil || m.Version != "4" && m.Version != "1" || m.Alerts == nil {
		return nil
	}
	if jsonv2.Unmarshal(body, &strict, jsontext.AllowInvalidUTF8(true)) != nil || !reflect.DeepEqual(m, strict) {
		return nil
	}
	for i := range m.Alerts {
		if a := &m.Alerts[i]; a.Status == "" {
			a.Status = m.Status
		}
	}
	return withoutNulls(body, &m)
}

// withoutNulls removes the labels and annotations that are null, which Alertmanager's own type reads as empty.
func withoutNulls(body []byte, m *amwebhook.Message) *amwebhook.Message {
	type values = map[string]*string
	var nullable struct {
		GroupLabels       values `json:"groupLabels"`
		CommonLabels      values `json:"commonLabels"`
		CommonAnnotations values `json:"commonAnnotations"`
		Alerts            []struct {
			Labels      values `json:"labels"`
			Annotations values `json:"annotations"`
		} `json:"alerts"`
	}
	if jsonv2.Unmarshal(body, &nullable, jsontext.AllowInvalidUTF8(true)) != nil {
		return nil
	}
	remove := func(kv template.KV, values values) {
		maps.DeleteFunc(kv, func(name, _ string) bool { return values[name] == nil })
	}
	remove(m.GroupLabels, nullable.GroupLabels)
	remove(m.CommonLabels, nullable.CommonLabels)
	remove(m.CommonAnnotations, nullable.CommonAnnotations)
	for i, a := range nullable.Alerts {
		remove(m.Alerts[i].Labels, a.Labels)
		remove(m.Alerts[i].Annotations, a.Annotations)
	}
	return m
}

// requireStorable checks what holds for every event, whatever was posted: its times are stored and read back
// as they are, and every alert has labels, none of them reserved, and a fingerprint.
func requireStorable(tb require.TestingT, e *rules.Event) {
	for _, a := range e.Alerts {
		requireRoundTrip(tb, a.StartsAt)
		requireRoundTrip(tb, a.EndsAt)
		require.Regexp(tb, `^[0-9a-f]{16}$`, a.Fingerprint)
		require.NotEmpty(tb, a.Labels)
		require.Empty(tb, a.Labels.Get("hook"))
	}
	require.LessOrEqual(tb, len(e.Refused), maxRefused)
	last := -1
	for _, r := range e.Refused {
		require.Greater(tb, r.Index, last)
		require.NotEmpty(tb, r.Why)
		last = r.Index
	}
	require.GreaterOrEqual(tb, e.Truncated, len(e.Refused)+e.RefusedRest)
}

func requireRoundTrip(tb require.TestingT, at time.Time) {
	stored, err := json.Marshal(at)
	require.NoError(tb, err)
	var read time.Time
	require.NoError(tb, json.Unmarshal(stored, &read), "%s", stored)
	require.Equal(tb, at, read)
}
