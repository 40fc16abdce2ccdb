package engine

import (
	"testing"

	"alertscale/rules"
)

var wanted = web + rule("want", "Want", "set: '{{ .Annotations.want }}'")

func want(pod, n string) *spoken { return firing("Want").with("pod", pod).note("want", n) }

func TestCalls_OfASetWithATemplateTheLargestCounts(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", want("a", "5"), want("b", "9"), want("c", " 7\n")).is(Scaled, 3, 9)
}

func TestCalls_OfASetWithATemplateABrokenOneBesideOthersDoesNotCount(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", want("a", "many"), want("b", "9")).is(Scaled, 3, 9)
}

func TestCalls_OfASetWithATemplateLaterAlertsDoNotCount(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", want("a", "5")).is(Scaled, 3, 5)
	w.post("10m", want("a", "5"), want("b", "9").since("10m")).is(Duplicate, 5, 5)
	w.post("20m", want("a", "12"), want("b", "9").since("10m")).is(Duplicate, 5, 5)
	w.until("1h").has(5)
}

func TestCalls_OfASetWithATemplateABrokenOneIsMendedByALaterAlert(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", want("a", "")).is(Rejected, 3, 3).because("set: the template renders empty, want a whole number")
	w.post("1m", want("a", ""), want("b", "6").since("1m")).is(Scaled, 3, 6)
}

func TestCalls_WhatASetsTemplateSees(t *testing.T) {
	text := `'{{ if and (eq .Receiver "alertscale") (eq .ExternalURL "http://am") (eq .GroupLabels.g "1") (eq .CommonLabels.l "2")` +
		` (eq .CommonAnnotations.a "3") (eq .Labels.pod "a") }}{{ .Annotations.want | toUpper }}{{ end }}'`
	w := newWorld(t, web+rule("want", "Want", "set: "+text), 3)
	w.post("0s", want("a", "7"), option(func(e *rules.Event) {
		e.ExternalURL, e.GroupLabels, e.CommonLabels = "http://am", rules.Labels{label("g", "1")}, rules.Labels{label("l", "2")}
		e.CommonAnnotations = rules.Labels{label("a", "3")}
	})).is(Scaled, 3, 7)
}

func TestCalls_ASetsTemplateThatIsNoCount(t *testing.T) {
	for text, why := range map[string]string{
		"{{ .Labels.none }}":               `set: label "none" is missing or empty`,
		"{{ .GroupLabels.none }}":          `set: .GroupLabels.none is missing`,
		"{{ .Annotations.want }}.5":        `set: the template renders "4.5", want a whole number`,
		"-{{ .Annotations.want }}":         `set: the template renders "-4", want a whole number`,
		"{{ .Annotations.want }}000000000": `set: the template renders "4000000000", want a whole number`,
		`{{ reReplaceAll "(" "" "" }}`:     "set: error calling reReplaceAll: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
	} {
		w := newWorld(t, web+rule("want", "Want", "set: '"+text+"'"), 3)
		w.post("0s", want("a", "4")).is(Rejected, 3, 3).because(why)
	}
}

func TestCalls_WhenResolvedAsksForTheCountThatWasRendered(t *testing.T) {
	w := newWorld(t, web+rule("want", "Want", "set: '{{ .Annotations.want }}', when: resolved"), 9)
	w.post("0s", want("a", "5"))
	w.post("10m", resolved("Want", "10m").with("pod", "a")).is(Scaled, 9, 5)
}

func TestCalls_WhenResolvedWithoutACountIsRejectedAndForgotten(t *testing.T) {
	w := newWorld(t, web+rule("want", "Want", "set: '{{ .Annotations.want }}', when: resolved"), 9)
	w.post("0s", want("a", "x"))
	w.post("10m", resolved("Want", "10m").with("pod", "a")).is(Rejected, 9, 9)
	w.post("20m", resolved("Want", "10m").with("pod", "a")).is(Rejected, 9, 9)
	w.until("25h")
	w.forgot()
}

func TestCalls_ARuleThatGetsATemplateWaitsForTheNextNotification(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("want", "Want", "set: 4"), 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("1m", want("a", "5")).verdict(Held)
	w.reload("2m", web+rule("busy", "Busy", "up: 2")+rule("want", "Want", "set: '{{ .Annotations.want }}'"))
	w.post("3m", resolved("Busy", "3m"), in("h")).is(Rejected, 12, 12).
		because("the rule has got a template; it waits for the next notification")
	w.until("20m").has(12)
	w.post("20m", want("a", "5")).is(Scaled, 12, 5)
}

func TestCalls_ASetThatResumesApartFromANotificationWaitsForOne(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", resolved("Want", "0s").with("pod", "a"))
	w.post("1m", want("a", "5"))
	w.until("30m").has(3)
	w.post("30m", want("a", "5")).is(Scaled, 3, 5)
}

func TestCalls_ASetThatIsNewAfterAnUnheardResolveIsRenderedAtOnce(t *testing.T) {
	w := newWorld(t, wanted, 3)
	w.post("0s", resolved("Want", "0s").with("pod", "a"))
	w.post("5m", want("a", "5")).verdict(Duplicate) // not more than 5m
	w.post("5m1s", want("a", "5")).is(Scaled, 3, 5)
}
