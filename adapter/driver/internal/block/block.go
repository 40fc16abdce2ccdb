// Package block reads what drivers' blocks of the file have in common, and the files that they name.
package block

import "alertscale/rules/yamldoc"

// Read reads the keys of a driver's block. Those that every block may have, such as type, are read by the
// caller of the driver.
func Read(n yamldoc.Node, fields []yamldoc.Field) {
	readByCaller := func(yamldoc.Node) {}
	n.Fields(append([]yamldoc.Field{
		{Key: "type", Read: readByCaller},
		{Key: "timeout", Read: readByCaller},
		{Key: "from_labels", Read: readByCaller},
	}, fields...))
}

// Text reads a value that check accepts. One at fault is returned as empty, so that nothing else is said about it.
func Text(n yamldoc.Node, check func(string) error) string {
	text := n.Text()
	if text == "" {
		return ""
	}
	if err := check(text); err != nil {
		n.Faultf("%v", err)
		return ""
	}
	return text
}
