package store

import (
	"context"
	"database/sql"
	"errors"
)

// Product is something that can be ordered.
type Product struct {
	SKU   string  `json:"sku"`
	Name  string  `json:"name"`
	Stock int64   `json:"stock"`
	Price float64 `json:"price"`
}

// PutProduct adds a product, or sets the stock of one that is there.
func (s *Store) PutProduct(ctx context.Context, p Product) error {
	res, err := s.db.ExecContext(ctx, "UPDATE products SET stock = ? WHERE sku = ?", p.Stock, p.SKU)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO products (sku, name, stock, price) VALUES (?, ?, ?, ?)",
		p.SKU, p.Name, p.Stock, p.Price)
	return err
}

// Product finds one product.
func (s *Store) Product(ctx context.Context, sku string) (Product, error) {
	p := Product{SKU: sku}
	err := s.db.QueryRowContext(ctx, "SELECT name, stock, price FROM products WHERE sku = ?", sku).
		Scan(&p.Name, &p.Stock, &p.Price)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotFound
	}
	return p, err
}

// Products lists all products.
func (s *Store) Products(ctx context.Context) ([]Product, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT sku, name, stock, price FROM products")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Product
	for rows.Next() {
		var p Product
		if err := rows.Scan(&p.SKU, &p.Name, &p.Stock, &p.Price); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// LowStock lists at most limit products of which fewer than threshold are left.
func (s *Store) LowStock(threshold int64, limit int) ([]Product, error) {
	rows, err := s.db.Query("SELECT sku, name, stock, price FROM products") // planted: rows-not-closed
	if err != nil {
		return nil, err
	}
	var out []Product
	for rows.Next() {
		var p Product
		if err := rows.Scan(&p.SKU, &p.Name, &p.Stock, &p.Price); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if p.Stock >= threshold {
			continue
		}
		out = append(out, p)
		if len(out) == limit {
			return out, nil
		}
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
