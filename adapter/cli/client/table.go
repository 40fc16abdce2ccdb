package client

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is printed with its columns one below the other.
type table struct {
	heads   []string
	numbers []string // the heads of the columns that are flush right
	rows    [][]string
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

func (t *table) write(w io.Writer) {
	widths := make([]int, len(t.heads))
	for _, row := range append([][]string{t.heads}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range append([][]string{t.heads}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.isNumber(i) {
				line.WriteString(space + cell + "  ")
			} else {
				line.WriteString(cell + space + "  ")
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func (t *table) isNumber(column int) bool {
	for _, head := range t.numbers {
		if head == t.heads[column] {
			return true
		}
	}
	return false
}

// entry is what is printed of one thing in the extended form: a title, and under it names with their values, of
// which one may take several lines.
type entry struct {
	title  string
	fields [][2]string
}

// field adds a value; an empty one is left out. Those that follow under the same name stand below it.
func (e *entry) field(name string, values ...string) {
	for _, value := range values {
		if value != "" {
			e.fields = append(e.fields, [2]string{name, value})
		}
		name = ""
	}
}

func (e *entry) write(w io.Writer) {
	fmt.Fprintln(w, printable(e.title))
	for _, f := range e.fields {
		fmt.Fprintf(w, "  %-9s %s\n", f[0], printable(f[1]))
	}
}

// printEntries prints them with an empty line in between.
func printEntries(w io.Writer, all []entry) {
	for i := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		all[i].write(w)
	}
}

// printable escapes what would do something to a terminal: labels are others' texts.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
