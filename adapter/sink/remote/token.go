package remote

import (
	"fmt"
	"os"
	"strings"
)

// byteOrderMark is what some editors put before a text in UTF-8.
const byteOrderMark = "\uFEFF"

// Destination is a sink of the file with its token.
type Destination struct {
	Config
	token string
}

// Open reads the token of a sink.
func Open(c Config) (Destination, error) {
	d := Destination{Config: c}
	if c.TokenFile == "" {
		return d, nil
	}
	text, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return d, fmt.Errorf("token_file: %w", err)
	}
	words := strings.Fields(strings.TrimPrefix(string(text), byteOrderMark))
	if len(words) != 1 {
		return d, fmt.Errorf("token_file: %s holds %d words; want nothing but the token", c.TokenFile, len(words))
	}
	d.token = words[0]
	if strings.ContainsFunc(d.token, func(r rune) bool { return r < '!' || r > '~' }) {
		return d, fmt.Errorf("token_file: %s holds what no header can; want letters, digits and signs of ASCII", c.TokenFile)
	}
	return d, nil
}
