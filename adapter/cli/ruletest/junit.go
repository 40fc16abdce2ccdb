package ruletest

import (
	"encoding/xml"
	"os"
)

// suites is a report as JUnit's readers take it.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []*suite `xml:"testsuite"`
}

// suite is one file of tests.
type suite struct {
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Cases    []*ofOne `xml:"testcase"`
}

// ofOne is one test.
type ofOne struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *failure `xml:"failure"`
	Error   *failure `xml:"error"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// add adds a test to a suite, with what it missed.
func (s *suite) add(name string, misses []string) {
	c := &ofOne{Name: name, Class: s.Name}
	s.Tests++
	if len(misses) > 0 {
		s.Failures++
		c.Failure = &failure{Message: expectations(len(misses)) + " not met"}
		for _, text := range misses {
			c.Failure.Text += "\n" + text
		}
	}
	s.Cases = append(s.Cases, c)
}

// broken says that a file could not be read.
func (s *suite) broken(err error) {
	s.Tests, s.Errors = 1, 1
	s.Cases = []*ofOne{{Name: s.Name, Class: s.Name, Error: &failure{Message: "the file cannot be used", Text: "\n" + err.Error() + "\n"}}}
}

// write writes the report to a file.
func (all *suites) write(path string) error {
	all.Name = "alertscale test"
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644)
}
