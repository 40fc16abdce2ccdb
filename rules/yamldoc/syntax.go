package yamldoc

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxFault turns go-yaml's error into a fault. Where a tab, a bracket or a quote is behind it, that is named, with its
// line, since go-yaml tells only what it missed, and somewhere near.
func syntaxFault(file string, text []byte, err error) *Fault {
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	if at := tabbed(text, line); at > 0 && (strings.Contains(what, "tab character") || strings.Contains(what, "cannot start any token")) {
		return &Fault{File: file, Line: at, What: "a tab is part of the indentation; YAML wants spaces"}
	}
	if at := bareVariable(text, line); at > 0 && strings.Contains(what, "expected ',' or") {
		return &Fault{File: file, Line: at, What: "a ${NAME} in braces or brackets stands in quotes: '${NAME}'"}
	}
	if s := scanBrackets(text); s.what != "" && unbalanced.MatchString(what) {
		return &Fault{File: file, Line: s.line, What: s.what}
	}
	return &Fault{File: file, Line: line, What: "not YAML: " + what}
}

// unbalanced is what go-yaml says where a bracket or a quote may be behind it.
var unbalanced = regexp.MustCompile(`expected ',' or|unexpected end of stream|expected node content|expected key|document separator|document indicator`)

// variableInFlow is a line in which a value in braces or brackets begins with a variable, and not with a quote.
var variableInFlow = regexp.MustCompile(`^[^#]*([{\[].*[:,]|\[)\s*\$\{`)

// bareVariable returns the first such line from the one before line on; 0: there is none.
func bareVariable(text []byte, line int) int {
	for i, l := range bytes.Split(text, []byte("\n")) {
		if i+2 >= line && variableInFlow.Match(l) {
			return i + 1
		}
	}
	return 0
}

// tabbed returns the first line, from the one before line on, that is indented by a tab; 0: there is none.
func tabbed(text []byte, line int) int {
	for i, l := range bytes.Split(text, []byte("\n")) {
		indent := l[:len(l)-len(bytes.TrimLeft(l, " \t"))]
		if i+2 >= line && bytes.IndexByte(indent, '\t') >= 0 {
			return i + 1
		}
	}
	return 0
}

// brackets follows the brackets and quotes of a text, as YAML understands them.
type brackets struct {
	open  []bracket
	block int // of a text that is written as a block: how far the line is indented that begins it; -1: there is none

	line int // of what is wrong
	what string
}

// bracket is a bracket or a brace.
type bracket struct {
	char byte
	line int
}

func (b bracket) String() string {
	if b.char == '{' || b.char == '}' {
		return fmt.Sprintf("a brace %q", string(b.char))
	}
	return fmt.Sprintf("a bracket %q", string(b.char))
}

var closing = map[byte]byte{'{': '}', '[': ']'}

// blockStart is the end of a line whose value is the text that follows, indented.
var blockStart = regexp.MustCompile(`(?:^|[:\-?] +)(?:[!&]\S+ +)*[|>][-+0-9]*\s*(?:#.*)?$`)

// scanBrackets looks for a bracket or a quote that is not closed, or closes nothing.
func scanBrackets(text []byte) *brackets {
	b := &brackets{block: -1}
	for i := 0; i < len(text) && b.what == ""; {
		end := bytes.IndexByte(text[i:], '\n')
		if end < 0 {
			end = len(text) - i
		}
		line := bytes.Count(text[:i], []byte("\n")) + 1
		if b.inBlock(text[i : i+end]) {
			i += end + 1
			continue
		}
		i = b.scanLine(text, i, i+end, line) + 1
	}
	if b.what == "" && len(b.open) > 0 {
		first := b.open[0]
		b.fault(first.line, "%s is opened here, and never closed; want a %q", first, string(closing[first.char]))
	}
	return b
}

// inBlock reports whether a line belongs to a text that is written as a block.
func (b *brackets) inBlock(line []byte) bool {
	trimmed := bytes.TrimLeft(line, " ")
	indent := len(line) - len(trimmed)
	if b.block >= 0 && (len(bytes.TrimSpace(line)) == 0 || indent > b.block) {
		return true
	}
	b.block = -1
	if len(b.open) == 0 && blockStart.Match(line) && trimmed[0] != '#' {
		b.block = indent
		return true
	}
	return false
}

// scanLine scans a line, which lies between two places of the text, and returns where it stopped: behind it where a quote
// goes on in the next lines.
func (b *brackets) scanLine(text []byte, i, end, line int) int {
	begins := true // whether a value or a key may begin
	ended := false // whether a mapping or a list in brackets ends right before
	for i < end && b.what == "" {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case c == '#' && (i == 0 || strings.IndexByte(" \t\n", text[i-1]) >= 0):
			return end
		case (c == '"' || c == '\'') && begins:
			after := endOfQuote(text, i)
			if after < 0 {
				b.fault(line, "a quote %s is opened here, and never closed", string(c))
				return end
			}
			if after > end {
				end = lineEnd(text, after)
				line += bytes.Count(text[i:after], []byte("\n"))
			}
			i, begins = after, false
			continue
		case (c == '{' || c == '[') && (begins || len(b.open) > 0):
			b.open = append(b.open, bracket{c, line})
			begins = true
		case (c == '}' || c == ']') && (begins || ended || len(b.open) > 0):
			b.close(c, line)
			begins, ended = false, len(b.open) == 0
		default:
			begins, ended = b.mayBegin(text, i, end, begins), false
		}
		i++
	}
	return max(i, end)
}

// mayBegin reports whether a value may begin behind a character: behind a colon, a dash or a comma.
func (b *brackets) mayBegin(text []byte, i, end int, before bool) bool {
	space := i+1 >= end || text[i+1] == ' ' || text[i+1] == '\t'
	switch text[i] {
	case ':':
		return space || len(b.open) > 0 && !before
	case '-', '?':
		return before && space
	case ',':
		return len(b.open) > 0
	default:
		return false
	}
}

func (b *brackets) close(c byte, line int) {
	if len(b.open) == 0 {
		b.fault(line, "%s closes nothing", bracket{char: c})
		return
	}
	last := b.open[len(b.open)-1]
	if closing[last.char] != c {
		b.fault(last.line, "%s is opened here, and closed by %q on line %d; want a %q", last, string(c), line, string(closing[last.char]))
		return
	}
	b.open = b.open[:len(b.open)-1]
}

func (b *brackets) fault(line int, format string, args ...any) {
	b.line, b.what = line, fmt.Sprintf(format, args...)
}

// endOfQuote returns the place behind a quoted text; -1: it does not end.
func endOfQuote(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

func lineEnd(text []byte, i int) int {
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}
