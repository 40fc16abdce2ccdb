package main

import "strings"

// fileName is an argument that names a file, or standard input by a dash, which kingpin hands over as nothing.
type fileName struct{ to *string }

func (f *fileName) Set(name string) error {
	*f.to = dashed(name)
	return nil
}

func (f *fileName) String() string { return *f.to }

// fileNames are arguments of that kind.
type fileNames struct{ to *[]string }

func (f *fileNames) Set(name string) error {
	*f.to = append(*f.to, dashed(name))
	return nil
}

func (f *fileNames) String() string { return strings.Join(*f.to, " ") }

// IsCumulative says that there may be several.
func (f *fileNames) IsCumulative() bool { return true }

func dashed(name string) string {
	if name == "" {
		return "-"
	}
	return name
}
