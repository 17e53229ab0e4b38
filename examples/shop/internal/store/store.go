// Package store keeps products and orders in a SQL database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
)

// Errors that callers tell apart.
var (
	ErrNotFound   = errors.New("not found")
	ErrOutOfStock = errors.New("out of stock")
)

// Store is the shop's database.
type Store struct{ db *sql.DB }

// Open connects to the database and checks that it answers.
func Open(ctx context.Context, driver, dsn string) (*Store, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach database: %w", err), db.Close())
	}
	return &Store{db: db}, nil
}

// Close gives up the connections.
func (s *Store) Close() error { return s.db.Close() }

var migrations = []string{
	"CREATE TABLE products (sku, name, stock, price)",
	"CREATE TABLE orders (sku, quantity, total, state)",
}

// Migrate creates the tables that are missing and reports each step to w.
func (s *Store) Migrate(ctx context.Context, w io.Writer) error {
	for i, step := range migrations {
		if _, err := s.db.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("migration %d: %w", i+1, err)
		}
		if _, err := fmt.Fprintf(w, "%d\t%s\n", i+1, step); err != nil {
			return err
		}
	}
	return nil
}
