package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
)

// fakeUpgrades take what is posted to the hook push.
type fakeUpgrades struct {
	answer []engine.Decision
	got    []upgrade.Push
}

func (*fakeUpgrades) TakesPushes(hook string) bool { return hook == "push" }

func (f *fakeUpgrades) Push(_ context.Context, _ string, pushes []upgrade.Push) []engine.Decision {
	f.got = append(f.got, pushes...)
	return f.answer
}

func (*fakeUpgrades) Upgrades() []controller.UpgradeStatus {
	return []controller.UpgradeStatus{{Name: "web", Hook: "push", Image: "docker.io/acme/web", Workloads: []upgrade.WorkloadStatus{{Ref: "k:D/a/b", Applied: "x"}}}}
}

// TestPushes: a hook of upgrades takes pushes, brings no alert, and answers as hooks do.
func TestPushes(t *testing.T) {
	failed := engine.Decision{Ref: "k:D/a/b", Verdict: engine.Failed, Why: []string{"connection refused"}}
	refused := engine.Decision{Ref: "k:D/a/b", Verdict: engine.Rejected, Refused: true, Why: []string{"not found"}}
	const body = `{"repository": "acme/web", "tag": "1.2"}`
	for _, test := range []struct {
		path, body, key string
		answer          []engine.Decision
		code            int
		says            string
	}{
		{path: "/hook/push?key=t", body: body, code: 200, says: `{"status":"success","data":{"decisions":[]}}`},
		{path: "/hook/push?key=t", body: body, answer: []engine.Decision{{Ref: "k:D/a/b", Verdict: engine.Upgraded}}, code: 200, says: `"verdict":"upgraded"`},
		{path: "/hook/push?key=t", body: body, answer: []engine.Decision{failed}, code: 503, says: "connection refused"},
		{path: "/hook/push?key=t", body: body, answer: []engine.Decision{refused}, code: 422, says: "not found"},
		{path: "/hook/push?key=t", body: `{"tag": "1.2"}`, code: 400, says: "names no repository"},
		{path: "/hook/push?key=t", body: body, key: strings.Repeat("x", 256), code: 400, says: "256 bytes"},
		{path: "/hook/push?key=x", body: body, code: 401, says: "not the token"},
	} {
		upgrades := &fakeUpgrades{answer: test.answer}
		s := newSite(&fakeCore{handle: func(context.Context, *rules.Event) []engine.Decision {
			t.Error("an alert came of a push")
			return nil
		}}, withHook("push", fakeHook{}), func(o *Options) { o.Upgrades = upgrades })
		r, got := s.post(test.path, test.body, "Idempotency-Key", test.key)
		require.Equal(t, test.code, r.StatusCode, got)
		require.Contains(t, got, test.says)
		require.Equal(t, test.code == 503, r.Header.Get("Retry-After") != "")
		require.Equal(t, test.code != 400 && test.code != 401, len(upgrades.got) == 1)
	}
}

func TestTheKeyOfAPush(t *testing.T) {
	upgrades := &fakeUpgrades{}
	s := newSite(&fakeCore{}, withHook("push", fakeHook{}), func(o *Options) { o.Upgrades = upgrades })
	s.post("/hook/push?key=t", `{"repository": "acme/web", "tag": "1.2"}`, "Idempotency-Key", "build 7")
	require.Equal(t, []upgrade.Push{{Repository: "docker.io/acme/web", Tag: "1.2", Mark: "build 7"}}, upgrades.got)
	_, body := s.ask(http.MethodGet, "/api/v1/upgrades", "")
	require.JSONEq(t, `{"status":"success","data":[{"name":"web","hook":"push","image":"docker.io/acme/web","dry_run":false,`+
		`"workloads":[{"ref":"k:D/a/b","applied":"x"}]}]}`, body)
	_, body = newSite(&fakeCore{}).ask(http.MethodGet, "/api/v1/upgrades", "")
	require.JSONEq(t, `{"status":"success","data":[]}`, body)
}
