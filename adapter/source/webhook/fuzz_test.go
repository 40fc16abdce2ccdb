package webhook

import (
	"testing"
)

// FuzzDecode checks that no body makes Decode panic, that what it takes can be stored, and that it takes, and
// reads in the same way, every notification that encoding/json reads into Alertmanager's own type.
func FuzzDecode(f *testing.F) {
	for _, body := range recorded(f) {
		f.Add(body)
	}
	for _, body := range files(f, "testdata/grafana/*.json") {
		f.Add(body)
	}
	f.Add(notification(f, 2))
	f.Add([]byte(alert(`{"status":"firing","labels":{"a":"\ud800\u0041\\"},"startsAt":"2026-11-20T05:25:33+01:00"}`)))
	f.Add([]byte("{\"version\":\"4\",\"alerts\":[],\"receiver\":\"a\xff\xfeb\",\"truncatedAlerts\":3}"))
	f.Add([]byte("\ufeff" + `{"alerts":[{"labels":{"hook":"x","a":null,"b":"c"},"fingerprint":"00000000000000AA"}],"version":"1","status":"resolved"}`))
	f.Add([]byte(alert(`{"labels":{"n":1.50,"t":true},"startsAt":1763616333,"endsAt":1763616333123,"status":"resolved"}`)))
	f.Add([]byte(alert(`5,{"labels":[{}]},{"status":"firing","labels":{"a":"b"},"startsAt":"9999-12-31T23:59:59-23:59"}`)))
	f.Add([]byte(alert(`{"status":"resolved","labels":{"a":"b"},"startsAt":"2026-11-20 05:25:33+0100","endsAt":""}`)))
	f.Add([]byte(`{"version":"4","alerts":[{"labels":{"a":{"b":[1]}}},{"labels":{"a":"b"}}],"commonLabels":{"hook":"x","y":false}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Decode(body)
		if (e == nil) == (err == nil) {
			t.Fatalf("event %v with error %v", e, err)
		}
		if e != nil {
			requireStorable(t, e)
		}
		m := message(body)
		if m == nil {
			return
		}
		if err != nil {
			t.Fatalf("encoding/json takes it, and Decode says: %v", err)
		}
		requireSame(t, m, e)
	})
}
