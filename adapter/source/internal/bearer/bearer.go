// Package bearer knows tokens that senders show.
package bearer

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"strings"
)

// byteOrderMark is what some editors put before a text in UTF-8.
const byteOrderMark = "\uFEFF"

// Token is a token, of which nothing but a hash is kept: of a fixed length, so that the time of a comparison says
// nothing about it.
type Token [sha256.Size]byte

// Read reads a token from the file that token_file names. what is what anybody could do without one.
func Read(path, what string) (Token, error) {
	if path == "" {
		return Token{}, errors.New("token_file: is empty; want the path of a file with the token that a sender has to show")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Token{}, fmt.Errorf("token_file: %w", err)
	}
	words := strings.Fields(strings.TrimPrefix(string(text), byteOrderMark))
	switch {
	case len(words) == 0:
		return Token{}, fmt.Errorf("token_file: %s is empty, so that anybody could %s; write a token into it", path, what)
	case len(words) > 1:
		return Token{}, fmt.Errorf("token_file: %s holds more than one word; want nothing but the token", path)
	}
	return Of(words[0]), nil
}

// Of returns a token that is shown.
func Of(shown string) Token { return sha256.Sum256([]byte(shown)) }

// Is reports whether two tokens are the same.
func (t Token) Is(o Token) bool { return subtle.ConstantTimeCompare(t[:], o[:]) == 1 }
