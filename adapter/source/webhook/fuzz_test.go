package webhook

import (
	"encoding/json"
	"reflect"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	amwebhook "github.com/prometheus/alertmanager/notify/webhook"
)

// FuzzDecode checks that no body makes Decode panic, and that it takes, and reads in the same way,
// every notification that encoding/json reads into Alertmanager's own type.
func FuzzDecode(f *testing.F) {
	for _, body := range recorded(f) {
		f.Add(body)
	}
	f.Add(notification(f, 2))
	f.Add([]byte(alert(`{"status":"firing","labels":{"a":"\ud800\u0041\\"},"startsAt":"2026-11-20T05:25:33+01:00"}`)))
	f.Add([]byte("{\"version\":\"4\",\"alerts\":[],\"receiver\":\"a\xff\xfeb\",\"truncatedAlerts\":3}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Decode(body)
		if (e == nil) == (err == nil) {
			t.Fatalf("event %v with error %v", e, err)
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

// message returns what encoding/json reads; nil unless it is a notification of which there are no
// two opinions: encoding/json joins what stands twice and reads "Labels" as "labels", which its
// second version does not.
func message(body []byte) *amwebhook.Message {
	var m, strict amwebhook.Message
	if json.Unmarshal(body, &m) != nil || m.Data == nil || m.Version != "4" || m.Alerts == nil {
		return nil
	}
	if jsonv2.Unmarshal(body, &strict, jsontext.AllowInvalidUTF8(true)) != nil || !reflect.DeepEqual(m, strict) {
		return nil
	}
	for _, a := range m.Alerts {
		if (a.Status != "firing" && a.Status != "resolved") || len(a.Labels) == 0 {
			return nil
		}
	}
	return &m
}
