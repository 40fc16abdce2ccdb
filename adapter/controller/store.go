package controller

import (
	"context"

	"alertscale/rules/engine"
)

// Store keeps the encoded states of refs. It is safe for concurrent use. What Put stored is durable when it returns,
// as far as the store is.
type Store interface {
	// List calls each with every record that is stored, in no order, until it returns an error.
	List(ctx context.Context, each func(engine.Record) error) error
	// Load returns what is stored of a ref; a record without data where there is nothing.
	Load(ctx context.Context, ref string) (engine.Record, error)
	// Put stores r.Data if the ref still has revision r.Revision, else it returns ErrConflict. Empty data
	// deletes. It returns the new revision, empty after a deletion. Any other error says nothing about whether it
	// was stored.
	Put(ctx context.Context, r engine.Record) (engine.Revision, error)
}

// Batcher is a Store that stores records of several refs in one commit.
type Batcher interface {
	// PutAll stores each record as Put does, and returns of each how that went.
	PutAll(ctx context.Context, all []engine.Record) []Stored
}

// Stored is what Put returned.
type Stored struct {
	Revision engine.Revision
	Err      error
}
