package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
)

// hooks is POST /hook/NAME.
type hooks struct{ posts *notifications }

// maxKey bounds an idempotency key, as others do.
const maxKey = 255

// ServeHTTP answers one POST to a hook as if it were a notification.
func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	hook, ok := h.posts.Hook(name)
	if !ok {
		h.posts.turnAway(w, r, http.StatusNotFound, fmt.Errorf("there is no hook %.64q; the file has its name under hooks", name))
		return
	}
	if err := allowed(hook, r); err != nil {
		h.posts.turnAway(w, r, http.StatusUnauthorized, err)
		return
	}
	if h.posts.Upgrades.TakesPushes(name) {
		h.push(w, r, name)
		return
	}
	h.posts.take(w, r, intake{decode: func(body []byte) (*rules.Event, error) {
		key, err := idempotencyKey(r)
		if err != nil {
			return nil, err
		}
		return hook.Event(body, r.Header.Get("Content-Type"), key, h.posts.Now())
	}})
}

// push answers one POST that tells of images. It brings no alert.
func (h *hooks) push(w http.ResponseWriter, r *http.Request, name string) {
	var pushes []upgrade.Push
	h.posts.take(w, r, intake{decode: func(body []byte) (*rules.Event, error) {
		key, err := idempotencyKey(r)
		if err == nil {
			pushes, err = upgrade.ReadPushes(body, key)
		}
		return nil, err
	}, handle: func(ctx context.Context, _ *rules.Event) []engine.Decision {
		return h.posts.Upgrades.Push(ctx, name, pushes)
	}})
}

// idempotencyKey returns the POST's; empty: it has none.
func idempotencyKey(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return "", fmt.Errorf("the Idempotency-Key has %d bytes; want at most %d", len(key), maxKey)
	}
	return key, nil
}

// shown returns the token that a sender shows, in the first of the three places that has one.
func shown(r *http.Request) string {
	if token, ok := bearer(r); ok {
		return token
	}
	if token := r.Header.Get("X-Alertscale-Token"); token != "" {
		return token
	}
	return r.URL.Query().Get("key")
}

// bearer returns the token of an Authorization of that kind.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimLeft(token, " "), true
}

// allowed returns why a sender is not let in. Every other method than POST is refused anyhow.
func allowed(hook Hook, r *http.Request) error {
	token := shown(r)
	switch {
	case r.Method != http.MethodPost || token != "" && hook.Allows(token):
		return nil
	case token == "":
		return errors.New("show the token of the hook: Authorization: Bearer TOKEN, X-Alertscale-Token: TOKEN, or ?key=TOKEN")
	case strings.Contains(token, " "):
		return errors.New("this is not the token of the hook: it has a space in it; in ?key=, a + is written %2B")
	default:
		return errors.New("this is not the token of the hook, which is read from its token_file at every reload")
	}
}

// turnAway answers a sender who is not let in.
func (h *notifications) turnAway(w http.ResponseWriter, r *http.Request, status int, err error) {
	start := time.Now()
	errorType := notFoundType
	if status == http.StatusUnauthorized {
		errorType = unauthorized
		w.Header().Set("WWW-Authenticate", `Bearer realm="alertscale"`)
	}
	h.refusals.refuse(w, r, status, errorType, err.Error())
	h.Metrics.answered(status, time.Since(start))
}

// noUpgrades are those of a file that has none.
type noUpgrades struct{}

func (noUpgrades) TakesPushes(string) bool { return false }

func (noUpgrades) Push(context.Context, string, []upgrade.Push) []engine.Decision { return nil }

func (noUpgrades) Upgrades() []controller.UpgradeStatus { return nil }
