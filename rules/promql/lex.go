package promql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	end kind = iota
	word
	number // or a duration
	text   // without its quotes
	sign   // an operator, a bracket or a comma
)

// token is a word of an expression.
type token struct {
	kind kind
	text string
}

// signs are the operators and brackets, those first that others begin with.
var signs = []string{
	"==", "!=", "<=", ">=", "=~", "!~", "</", ">/", "+", "-", "*", "/", "%", "^", "<", ">", "=", "(", ")", "{", "}", "[", "]", ",", "@", ":",
}

// lex takes an expression apart.
func lex(expr string) ([]token, error) {
	var all []token
	for expr != "" {
		c := expr[0]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			expr = expr[1:]
			continue
		case c == '#':
			_, expr, _ = strings.Cut(expr, "\n")
			continue
		}
		t, rest, err := lexToken(expr)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		expr = rest
	}
	return append(all, token{kind: end}), nil
}

func lexToken(expr string) (t token, rest string, err error) {
	c := expr[0]
	switch {
	case c == '"' || c == '\'' || c == '`':
		return lexText(expr)
	case isDigit(c) || c == '.' && len(expr) > 1 && isDigit(expr[1]):
		n := endOfNumber(expr)
		return token{number, expr[:n]}, expr[n:], nil
	case isLetter(c) || c == ':' && len(expr) > 1 && isLetter(expr[1]):
		n := 1
		for n < len(expr) && (isLetter(expr[n]) || isDigit(expr[n]) || expr[n] == ':') {
			n++
		}
		return token{word, expr[:n]}, expr[n:], nil
	}
	for _, s := range signs {
		if strings.HasPrefix(expr, s) {
			return token{sign, s}, expr[len(s):], nil
		}
	}
	r, _ := utf8.DecodeRuneInString(expr)
	return token{}, "", fmt.Errorf("unexpected %q", r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// endOfNumber returns where a number or a duration ends: 0.5, 1e-3, 0x1F, 1_000, 5m, 1h30m.
func endOfNumber(expr string) int {
	hex := strings.HasPrefix(expr, "0x") || strings.HasPrefix(expr, "0X")
	for n := 1; n < len(expr); n++ {
		c := expr[n]
		exponent := !hex && (expr[n-1] == 'e' || expr[n-1] == 'E') && (c == '+' || c == '-')
		if !isDigit(c) && !isLetter(c) && c != '.' && !exponent {
			return n
		}
	}
	return len(expr)
}

// lexText reads a quoted text.
func lexText(expr string) (t token, rest string, err error) {
	quote := expr[0]
	if quote == '`' {
		raw, rest, ok := strings.Cut(expr[1:], "`")
		if !ok {
			return token{}, "", fmt.Errorf("a quote %s is not closed", string(quote))
		}
		return token{text, raw}, rest, nil
	}
	var b strings.Builder
	for rest = expr[1:]; rest != ""; {
		if rest[0] == quote {
			return token{text, b.String()}, rest[1:], nil
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, quote)
		if err != nil {
			return token{}, "", fmt.Errorf("in quotes: %w", err)
		}
		if multibyte || r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		rest = tail
	}
	return token{}, "", fmt.Errorf("a quote %s is not closed", string(quote))
}
