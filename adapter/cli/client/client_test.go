package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/sink/history"
)

func targets(o Options) error  { return Targets(context.Background(), o) }
func theRules(o Options) error { return Rules(context.Background(), o) }

func decisions(q DecisionsQuery) func(Options) error {
	return func(o Options) error { return Decisions(context.Background(), o, q) }
}

func pause(ref, direction, length string) func(Options) error {
	return func(o Options) error { return Pause(context.Background(), o, ref, direction, length) }
}

func resume(ref, direction string) func(Options) error {
	return func(o Options) error { return Resume(context.Background(), o, ref, direction) }
}

// TestLists prints each list in each form, of much and of nothing.
func TestLists(t *testing.T) {
	full := startFull(t)
	empty := start(t, &fakeCore{}, history.New(history.Options{}))
	for name, list := range map[string]func(Options) error{"targets": targets, "rules": theRules, "decisions": decisions(DecisionsQuery{})} {
		for _, form := range []string{Simple, Extended, JSON} {
			golden(t, name+"-"+form+".txt", full.run(list, output(form)))
		}
		golden(t, name+"-none.txt", empty.run(list)+"\n"+empty.run(list, output(Extended))+"\n"+empty.run(list, output(JSON)))
		require.Equal(t, full.run(list), full.run(list, output("")), "a table, if nothing is said")
	}
}

// TestTablesFitTheScreen checks that a table with names as they are usual needs no wider terminal than there is.
func TestTablesFitTheScreen(t *testing.T) {
	s := startFull(t)
	for _, list := range []func(Options) error{targets, theRules, decisions(DecisionsQuery{})} {
		for line := range strings.Lines(s.run(list)) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
		}
	}
}

// TestJSONIsTheDataOfTheAPI compares what is printed with what the API answers.
func TestJSONIsTheDataOfTheAPI(t *testing.T) {
	s := startFull(t)
	for path, list := range map[string]func(Options) error{
		"targets": targets, "rules": theRules, "decisions?limit=2": decisions(DecisionsQuery{Limit: 2}),
	} {
		res, err := http.Get(s.url + "/api/v1/" + path)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		var answer struct{ Data json.RawMessage }
		require.NoError(t, json.Unmarshal(body, &answer))
		printed, _, _ := strings.Cut(s.run(list, output(JSON)), "There may be more")
		require.JSONEq(t, string(answer.Data), printed)
	}
}

func TestDecisionsQuery(t *testing.T) {
	s := startFull(t)
	var all strings.Builder
	for _, q := range []DecisionsQuery{
		{Ref: "kubernetes:Deployment/shop/web"},
		{Rule: "any"},
		{Verdict: "failed"},
		{Since: "5m"},
		{Since: "2026-03-02T11:00:00Z", Limit: 1},
		{Ref: "kubernetes:Deployment/shop/web", Limit: 2},
		{Ref: "kubernetes:Deployment/shop/cart"},
		{Ref: "kubernetes:Deployment/shop/wbe"},
		{Ref: "CART"},
		{Rule: "web calmed down"},
		{Rule: "web is bsy"},
		{Rule: "nothing alike"},
		{Ref: "swarm:service/shop_web", Rule: "new images"},
		{Verdict: "scald"},
		{Since: "yesterday"},
		{Limit: -1},
	} {
		all.WriteString("? " + strings.ReplaceAll(q.values().Encode(), "%3A", ":") + "\n" + s.run(decisions(q)) + "\n")
	}
	golden(t, "decisions-query.txt", all.String())
}

// TestPause pauses and resumes, by turns.
func TestPause(t *testing.T) {
	core, log := newCore()
	s := start(t, core, log)
	const web = "kubernetes:Deployment/shop/web"
	var all strings.Builder
	for _, step := range []struct {
		title   string
		command func(Options) error
	}{
		{"pause both", pause(web, "both", "2h")},
		{"pause down", pause(web, "down", "1d12h")},
		{"resume both", resume(web, "both")},
		{"pause up", pause(web, "up", "30m")},
		{"pause down", pause(web, "down", "45m")},
		{"resume up", resume(web, "up")},
		{"resume down", resume(web, "down")},
		{"resume what the file has paused", resume("kubernetes:Deployment/shop/off", "both")},
		{"a direction that is none", pause(web, "left", "2h")},
		{"a duration that is none", pause(web, "both", "2 hours")},
		{"a typing error", pause("kubernetes:Deployment/shop/wbe", "both", "2h")},
		{"a part of one", pause("shop/web", "both", "2h")},
		{"a part of several", resume("shop", "both")},
		{"another driver's", resume("rancher:service/x/queue", "both")},
		{"nothing alike", resume("kubernetes:Deployment/x/y", "both")},
		{"nothing", resume("", "both")},
	} {
		all.WriteString("# " + step.title + "\n" + s.run(step.command))
	}
	core.pause = errors.New("it holds, but could not be stored so far: a restart may forget it")
	all.WriteString("# the store is down\n" + s.run(pause(web, "both", "2h")))
	golden(t, "pause.txt", all.String())
}

func TestPauseAndResumePrintTheTargetAsJSON(t *testing.T) {
	core, log := newCore()
	s := start(t, core, log)
	golden(t, "pause-json.txt", s.run(pause("swarm:service/queue", "down", "2h"), output(JSON)))
	golden(t, "resume-json.txt", s.run(resume("swarm:service/queue", "both"), output(JSON)))
}
