package engine

// Revision is a store's own mark of what it holds for a ref. Empty: nothing. Nobody but the store reads it.
type Revision string

// Record is what a store holds for a ref: its data, and parts beside it, each of which is replaced by itself, so that
// a change in one place of a large state does not write all of it.
type Record struct {
	Ref      string   // as it is written; the key
	Revision Revision // of what is stored, or, in what is to be stored, of what it is to replace
	Data     []byte   // the encoded state of the ref; empty: nothing is stored, or what is there is to be deleted
	// Parts are, of what is stored, all of them, in the order of their names. Of what is to be stored, they are those
	// that are new, replaced, or, without data, to be deleted; all others stay as they are. With the data all parts
	// are deleted.
	Parts []Part
}

// Part is a part of a Record.
type Part struct {
	Name string // unique in its record; not empty
	Data []byte
}
