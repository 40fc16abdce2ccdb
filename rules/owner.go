package rules

// owners finds the templated targets that could name a ref by the parts that they fix. Of those that fix the same, all
// could, aside from targets with a selector, whose labels are to be compared.
type owners struct {
	targets []*Target // in the order of the file
	fixing  []fixing  // what there are targets of
	places  map[ownerKey][]int32
}

// fixing is which parts of its refs a target fixes.
type fixing struct{ driver, kind, namespace, name bool }

// ownerKey is the parts of a ref that are fixed.
type ownerKey struct {
	fixing
	ref Ref
}

func (f fixing) key(r Ref) ownerKey {
	k := ownerKey{fixing: f}
	if f.driver {
		k.ref.Driver = r.Driver
	}
	if f.kind {
		k.ref.Kind = r.Kind
	}
	if f.namespace {
		k.ref.Namespace = r.Namespace
	}
	if f.name {
		k.ref.Name = r.Name
	}
	return k
}

func newOwners(templated []*Target) *owners {
	o := &owners{targets: templated, places: map[ownerKey][]int32{}}
	known := map[fixing]bool{}
	for i, t := range templated {
		f := fixing{!t.choosesDriver(), t.kind.fixed(), t.namespace.fixed(), t.name.fixed() && t.selector == nil}
		if !known[f] {
			known[f] = true
			o.fixing = append(o.fixing, f)
		}
		k := f.key(Ref{Driver: t.Driver, Kind: t.kind.text, Namespace: t.namespace.text, Name: t.name.text})
		o.places[k] = append(o.places[k], int32(i))
	}
	return o
}

// only returns the one target that could name a ref, nil where there is none or more than one.
func (o *owners) only(r Ref) *Target {
	var only *Target
	for _, f := range o.fixing {
		for _, i := range o.places[f.key(r)] {
			switch t := o.targets[i]; {
			case !t.covers(r):
			case only != nil:
				return nil
			default:
				only = t
			}
		}
	}
	return only
}

// group returns the first target with a selector that could name a ref, nil where there is none.
func (o *owners) group(r Ref) *Target {
	first := int32(len(o.targets))
	for _, f := range o.fixing {
		for _, i := range o.places[f.key(r)] {
			if t := o.targets[i]; i < first && t.selector != nil && t.covers(r) {
				first = i
			}
		}
	}
	if int(first) == len(o.targets) {
		return nil
	}
	return o.targets[first]
}

// any reports whether one of the targets that could name a ref is such a one.
func (o *owners) any(r Ref, such func(*Target) bool) bool {
	for _, f := range o.fixing {
		for _, i := range o.places[f.key(r)] {
			if t := o.targets[i]; such(t) && t.covers(r) {
				return true
			}
		}
	}
	return false
}
