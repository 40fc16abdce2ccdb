// Package hook makes alerts of what senders other than Alertmanager post: each POST brings one, which ends by itself.
package hook

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"alertscale/rules"
)

// Hook is a hook of the file with its token. It is safe for concurrent use.
type Hook struct {
	Config
	token [sha256.Size]byte // of a fixed length, so that the time of a comparison says nothing about it
}

// Open reads the token of a hook.
func Open(c Config) (*Hook, error) {
	if c.TokenFile == "" {
		return nil, errors.New("token_file: is empty; want the path of a file with the token that a sender has to show")
	}
	text, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("token_file: %w", err)
	}
	words := strings.Fields(strings.TrimPrefix(string(text), byteOrderMark))
	switch {
	case len(words) == 0:
		return nil, fmt.Errorf("token_file: %s is empty, so that anybody could post to the hook; write a token into it", c.TokenFile)
	case len(words) > 1:
		return nil, fmt.Errorf("token_file: %s holds more than one word; want nothing but the token", c.TokenFile)
	}
	return &Hook{Config: c, token: sha256.Sum256([]byte(words[0]))}, nil
}

// Allows reports whether a token is the hook's.
func (h *Hook) Allows(token string) bool {
	shown := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(shown[:], h.token[:]) == 1
}

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
