package rules

import (
	"fmt"
	"strconv"

	"alertscale/rules/yamldoc"
)

// What a workload says its own bounds by: annotations or labels.
const (
	KeyMin = "alertscale.min"
	KeyMax = "alertscale.max"
)

// BoundNames is what workloads of a driver call what they say their own bounds by, such as "annotation alertscale.min".
type BoundNames struct{ Min, Max string }

// BoundsBy returns the names where workloads say their bounds by annotations, or labels, of the keys above.
func BoundsBy(noun string) BoundNames { return BoundNames{noun + " " + KeyMin, noun + " " + KeyMax} }

// BoundsSaid is what a workload says of its own bounds, as it is written there; nil: nothing.
type BoundsSaid struct {
	Min, Max *string
	Asked    bool // whether that was looked for; else nothing is known
}

// BoundsIn returns what the annotations or the labels of a workload say.
func BoundsIn(all map[string]string) (s BoundsSaid) {
	s.Asked = true
	if text, ok := all[KeyMin]; ok {
		s.Min = &text
	}
	if text, ok := all[KeyMax]; ok {
		s.Max = &text
	}
	return s
}

// Bounds are the counts between which alertscale asks for counts.
type Bounds struct{ Min, Max int }

// OwnBounds is what a workload says, read; nil: nothing.
type OwnBounds struct{ Min, Max *int }

// readBounds reads who says the bounds of a target's refs.
func (t *Target) readBounds(n yamldoc.Node) {
	switch text := n.Text(); text {
	case "workload":
		t.WorkloadBounds = true
	case "":
	default:
		n.Faultf("%q is not workload, which has each workload say its own bounds, within min and max; without it they are min and max", text)
	}
}

// readCount reads a bound of the file.
func readCount(n yamldoc.Node, low int) int {
	if !n.IsTemplate() {
		return n.Int(low)
	}
	n.Faultf("%s is a template; with bounds: workload each workload says its own bounds, within min and max, which are numbers", quoteShort(n.Text()))
	return low
}

// checkBoundsOf reports bounds that workloads of the driver cannot say.
func (t *Target) checkBoundsOf(schema RefSchema, n yamldoc.Node) {
	if of, ok := schema.Kinds[t.kind.text]; ok {
		schema = of
	}
	t.boundNames = schema.Bounds
	if bounds := n.Peek("bounds"); bounds != nil && t.WorkloadBounds && schema.Bounds == (BoundNames{}) {
		bounds.Faultf("bounds: %s of driver %q cannot say its own bounds; leave bounds out", aKind(t), t.Driver)
	}
}

// aKind is one of what a target scales.
func aKind(t *Target) string {
	if t.kind.fixed() && t.kind.text != "" {
		return "a " + t.kind.text
	}
	return "a workload"
}

// OwnBoundsOf reads what a workload says; nil where the target does not ask for that. An error says why the workload is left alone, and
// what to do about it.
func (t *Target) OwnBoundsOf(said BoundsSaid) (*OwnBounds, error) {
	names := &t.boundNames
	switch {
	case !t.WorkloadBounds:
		return nil, nil
	case said.Min == nil && said.Max == nil:
		return nil, fmt.Errorf("left alone: it says no bounds of its own; set its %s or %s, or both, to have it scaled", names.Min, names.Max)
	}
	low, err := readBound(names.Min, said.Min)
	if err != nil {
		return nil, err
	}
	high, err := readBound(names.Max, said.Max)
	if err != nil {
		return nil, err
	}
	if low != nil && high != nil && *low > *high {
		return nil, fmt.Errorf("left alone: its %s, %d, is above its %s, %d; correct one of them", names.Min, *low, names.Max, *high)
	}
	return &OwnBounds{low, high}, nil
}

func readBound(name string, text *string) (*int, error) {
	if text == nil {
		return nil, nil
	}
	n, err := strconv.ParseUint(*text, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("left alone: its %s is %s, want a whole number, 0 or more; correct it, or take it out", name, quoteShort(*text))
	}
	count := int(n)
	return &count, nil
}

// BoundsWith returns the bounds of a ref: the target's, and within them what the workload says of its own.
func (t *Target) BoundsWith(own *OwnBounds) Bounds {
	b := Bounds{t.Min, t.Max}
	if own == nil || !t.WorkloadBounds {
		return b
	}
	if own.Min != nil {
		b.Min = min(max(*own.Min, t.Min), t.Max)
	}
	if own.Max != nil {
		b.Max = min(max(*own.Max, t.Min), t.Max)
	}
	b.Min = min(b.Min, b.Max) // where it says only a max, which is below the target's min
	return b
}

// MinText says what the lower bound is, and where it comes from.
func (t *Target) MinText(own *OwnBounds) string {
	text := fmt.Sprintf("min %d", t.BoundsWith(own).Min)
	if own == nil || own.Min == nil || !t.WorkloadBounds {
		return text
	}
	return text + saidBy(t.boundNames.Min, *own.Min, t.BoundsWith(own).Min)
}

// MaxText says what the upper bound is, and where it comes from.
func (t *Target) MaxText(own *OwnBounds) string {
	text := fmt.Sprintf("max %d", t.BoundsWith(own).Max)
	if own == nil || own.Max == nil || !t.WorkloadBounds {
		return text
	}
	return text + saidBy(t.boundNames.Max, *own.Max, t.BoundsWith(own).Max)
}

// saidBy names what a workload says a bound by; where the target's bounds do not let it, what it says, too.
func saidBy(name string, said, is int) string {
	if said == is {
		return fmt.Sprintf(" (its %s)", name)
	}
	return fmt.Sprintf(" (of the target; its %s is %d)", name, said)
}

// WorkloadBounds reports whether a target that a ref may belong to has workloads say their own bounds.
func (s *Set) WorkloadBounds(ref Ref) bool {
	if t := s.fixed[ref]; t != nil {
		return t.WorkloadBounds
	}
	return s.owners.any(ref, func(t *Target) bool { return t.WorkloadBounds })
}

// ReadBoundsSaid reads what a workload is to say, {min, max}, of a file for a simulator or a test. It may say what is no
// number, as a real one may.
func ReadBoundsSaid(n yamldoc.Node) (s BoundsSaid) {
	s.Asked = true
	said := func(to **string) func(yamldoc.Node) {
		return func(n yamldoc.Node) {
			if text, ok := n.Scalar(); ok {
				*to = &text
			}
		}
	}
	n.Fields([]yamldoc.Field{{Key: "min", Read: said(&s.Min)}, {Key: "max", Read: said(&s.Max)}})
	return s
}
