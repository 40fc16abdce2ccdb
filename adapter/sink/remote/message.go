package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// kind is a type of sinks: what is posted where.
type kind struct {
	path        string // that is appended to the url; empty: the url is whole
	contentType string
	body        func(d *controller.DecisionRecord, source string) ([]byte, error)
}

// types is the table of the types of sinks, by the name that the file has for them.
func types() map[string]kind {
	return map[string]kind{
		"webhook": {contentType: "application/cloudevents+json", body: cloudEvent},
		"grafana": {path: "/api/annotations", contentType: "application/json", body: annotation},
	}
}

func typeNames() string { return strings.Join(slices.Sorted(maps.Keys(types())), ", ") }

// cloudEvent is a decision as an event of CloudEvents 1.0, in its JSON format. Its id follows from the decision and where it
// was made, so that it is the same for all that are told, each time.
func cloudEvent(d *controller.DecisionRecord, source string) ([]byte, error) {
	data, err := json.Marshal(d, jsontext.AllowInvalidUTF8(true)) // as /api/v1/decisions does
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(slices.Concat([]byte(source), []byte{0}, data))
	return json.Marshal(struct {
		SpecVersion     string         `json:"specversion"`
		ID              string         `json:"id"`
		Source          string         `json:"source"`
		Type            string         `json:"type"`
		Subject         string         `json:"subject,omitzero"`
		Time            time.Time      `json:"time"`
		DataContentType string         `json:"datacontenttype"`
		Data            jsontext.Value `json:"data"`
	}{
		"1.0", hex.EncodeToString(id[:16]), source, "alertscale.decision." + string(d.Verdict), d.Ref, d.At, "application/json", data,
	}, jsontext.AllowInvalidUTF8(true))
}

const (
	// maxTag is how long a tag of Grafana may be: longer ones are more than its database takes.
	maxTag = 100
	// maxNote is how many bytes of text an annotation has at most.
	maxNote = 8 << 10
)

// annotation is a decision as an annotation of Grafana.
func annotation(d *controller.DecisionRecord, _ string) ([]byte, error) {
	tags := []string{"alertscale", string(d.Verdict)}
	for _, tag := range []string{"target:" + d.Target, "rule:" + d.Rule, "ref:" + d.Ref} {
		if !strings.HasSuffix(tag, ":") && len(tag) <= maxTag {
			tags = append(tags, tag)
		}
	}
	return json.Marshal(struct {
		Time int64    `json:"time"` // in milliseconds
		Tags []string `json:"tags"`
		Text string   `json:"text"`
	}{d.At.UnixMilli(), tags, note(d)}, jsontext.AllowInvalidUTF8(true))
}

// note is the text of an annotation, which Grafana shows as HTML: what was done, why, and the alerts that it came from, as
// far as there is room.
func note(d *controller.DecisionRecord) string {
	text := html.EscapeString(headline(d))
	for _, line := range append(slices.Clone(d.Why), d.AlertTexts()...) {
		next := "<br>" + html.EscapeString(line)
		if len(text)+len(next) > maxNote {
			return text + "<br>…"
		}
		text += next
	}
	return text
}

func headline(d *controller.DecisionRecord) string {
	about := d.Ref
	switch {
	case about == "" && d.Upgrade:
		return fmt.Sprintf("%s, upgrade %s", d.Verdict, d.Rule)
	case about == "":
		about = "target " + d.Target
	}
	switch {
	case d.Upgrade:
		return fmt.Sprintf("%s: %s, upgrade %s", about, d.Verdict, d.Rule)
	case d.From == nil || d.To == nil:
		return fmt.Sprintf("%s: %s, rule %s", about, d.Verdict, d.Rule)
	case *d.From == *d.To:
		return fmt.Sprintf("%s stays %d: %s, rule %s", about, *d.From, d.Verdict, d.Rule)
	case d.Verdict == engine.Scaled:
		return fmt.Sprintf("%s: %d → %d by rule %s", about, *d.From, *d.To, d.Rule)
	default:
		return fmt.Sprintf("%s: %d, not %d: %s, rule %s", about, *d.From, *d.To, d.Verdict, d.Rule)
	}
}
