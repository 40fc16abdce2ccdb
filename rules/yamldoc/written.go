package yamldoc

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// tellingLength is how long the value of a variable is at least that is looked for in all that is said. A shorter one is looked
// for in what is said of the value that it is in: elsewhere it stands for itself, as true and 3 do.
const tellingLength = 6

// Written returns a text, such as that of an error about a file, with the values of variables as they are written there. It may be
// called on nil.
func (e *Environment) Written(text string) string {
	if e == nil || len(e.hidden) == 0 {
		return text
	}
	for _, value := range longestFirst(e.hidden) {
		if len(value) >= tellingLength {
			text = strings.NewReplacer(value, e.hidden[value], inQuotes(value), e.hidden[value]).Replace(text)
		}
	}
	return text
}

// sprintf formats what is said of a value. Of the arguments, and not of the words around them, the values of variables are as
// they are written.
func (n Node) sprintf(format string, args []any) string {
	if e := n.doc.env; e != nil && len(e.values) > 0 {
		own := map[string]string{}
		n.own(n.y, own, map[*yaml.Node]bool{})
		for i, arg := range args {
			args[i] = written{arg, e, own}
		}
	}
	return fmt.Sprintf(format, args...)
}

// own collects what was replaced in a value and beneath it: how it is written, by what it is now.
func (n Node) own(y *yaml.Node, to map[string]string, seen map[*yaml.Node]bool) {
	if y == nil || seen[resolve(y)] {
		return
	}
	y = resolve(y)
	seen[y] = true
	if value := n.doc.env.values[y]; value != "" {
		to[value] = y.Value
	}
	for _, child := range y.Content {
		n.own(child, to, seen)
	}
}

// written is an argument whose text has the values of variables as they are written.
type written struct {
	arg any
	env *Environment
	own map[string]string
}

// Format implements fmt.Formatter.
func (w written) Format(f fmt.State, verb rune) {
	format := fmt.FormatString(f, verb)
	if _, isError := w.arg.(error); isError || reflect.ValueOf(w.arg).Kind() == reflect.String {
		fmt.Fprintf(f, format, w.text(fmt.Sprint(w.arg)))
		return
	}
	fmt.Fprint(f, w.text(fmt.Sprintf(format, w.arg)))
}

func (w written) text(text string) string {
	for _, value := range longestFirst(w.own) {
		text = replaceWord(text, value, w.own[value])
		if quoted := inQuotes(value); quoted != value {
			text = replaceWord(text, quoted, inQuotes(w.own[value]))
		}
	}
	return w.env.Written(text)
}

func longestFirst(of map[string]string) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// inQuotes returns a text as it is in quotes, without these.
func inQuotes(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// replaceWord replaces a text where it is no part of a word or of a number.
func replaceWord(in, old, by string) string {
	var b strings.Builder
	for done := 0; ; {
		i := strings.Index(in[done:], old)
		if i < 0 {
			b.WriteString(in[done:])
			return b.String()
		}
		b.WriteString(in[done : done+i])
		before, _ := utf8.DecodeLastRuneInString(in[:done+i])
		done += i + len(old)
		after, _ := utf8.DecodeRuneInString(in[done:])
		first, _ := utf8.DecodeRuneInString(old)
		last, _ := utf8.DecodeLastRuneInString(old)
		if wordly(before) && wordly(first) || wordly(last) && wordly(after) {
			b.WriteString(old)
		} else {
			b.WriteString(by)
		}
	}
}

func wordly(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
