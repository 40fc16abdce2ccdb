package controller

import (
	"context"
	"errors"
	"fmt"

	"alertscale/rules/engine"
)

// Store keeps the encoded states of refs. It is safe for concurrent use. What Put stored is durable when it returns,
// as far as the store is.
type Store interface {
	// List calls each with every record that is stored, in no order, until it returns an error.
	List(ctx context.Context, each func(engine.Record) error) error
	// Load returns what is stored of a ref; a record without data where there is nothing.
	Load(ctx context.Context, ref string) (engine.Record, error)
	// Put stores r.Data and r.Parts if the ref still has revision r.Revision, else it changes nothing and returns
	// ErrConflict. A part without data is deleted, if there is one; a part that is not named stays. Empty data deletes
	// the record with all of its parts. It returns the new revision, empty after a deletion. What CheckRecord refuses
	// it does not store. Any other error says nothing about whether it was stored.
	Put(ctx context.Context, r engine.Record) (engine.Revision, error)
}

// CheckRecord returns what is wrong with a record that is to be put, whatever the store.
func CheckRecord(r engine.Record) error {
	if r.Ref == "" {
		return errors.New("a record needs a ref")
	}
	if len(r.Parts) == 0 {
		return nil
	}
	seen := make(map[string]bool, len(r.Parts))
	for _, p := range r.Parts {
		switch {
		case p.Name == "":
			return errors.New("a part needs a name")
		case seen[p.Name]:
			return fmt.Errorf("part %.100q is duplicated", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
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
