package httpx

import "strings"

// OneLine makes a text of any length, such as the body of an answer, one line of a log of at most so many bytes.
func OneLine(text string, longest int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
