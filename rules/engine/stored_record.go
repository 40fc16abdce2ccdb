package engine

// Revision is a store's own mark of what it holds for a ref. Empty: nothing. Nobody but the store reads it.
type Revision string

// Record is what a store holds for a ref.
type Record struct {
	Ref      string   // as it is written; the key
	Revision Revision // of what is stored, or, in what is to be stored, of what it is to replace
	Data     []byte   // the encoded state of the ref; empty: nothing is stored, or what is there is to be deleted
}
