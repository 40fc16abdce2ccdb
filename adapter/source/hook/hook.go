// Package hook makes alerts of what senders other than Alertmanager post: each POST brings one, which ends by itself.
package hook

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"alertscale/adapter/source/internal/bearer"
	"alertscale/rules"
)

// Hook is a hook of the file with its token. It is safe for concurrent use.
type Hook struct {
	Config
	token bearer.Token
}

// Open reads the token of a hook.
func Open(c Config) (*Hook, error) {
	token, err := bearer.Read(c.TokenFile, "post to the hook")
	if err != nil {
		return nil, err
	}
	return &Hook{Config: c, token: token}, nil
}

// Allows reports whether a token is the hook's.
func (h *Hook) Allows(token string) bool { return h.token.Is(bearer.Of(token)) }

// Event returns the notification that a POST stands for. The body is empty, a JSON object, or a form where the
// content type says so; its single values become labels of the alert. Those of the file win, and so does hook,
// the hook's name. The key is the POST's idempotency key, empty where it has none: then its alert is its own.
func (h *Hook) Event(body []byte, contentType, idempotencyKey string, now time.Time) (*rules.Event, error) {
	labels, err := readLabels(body, contentType)
	if err != nil {
		return nil, err
	}
	p := rules.HookPost{Hook: h.Name, Labels: h.withOwn(labels), At: now, For: h.For, Keyed: idempotencyKey != ""}
	id := sha256.Sum256([]byte(idempotencyKey))
	if !p.Keyed {
		_, _ = rand.Read(id[:]) // it never fails
	}
	p.Fingerprint = "hook/" + h.Name + "/" + hex.EncodeToString(id[:16])
	return p.Event(), nil
}
