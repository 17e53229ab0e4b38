package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"
)

// Order is what a customer wants.
type Order struct {
	ID       int64   `json:"id"`
	SKU      string  `json:"sku"`
	Quantity int64   `json:"quantity"`
	Total    float64 `json:"total"`
	State    string  `json:"state"`
}

// PlaceOrder takes the goods from the stock and records the order.
func (s *Store) PlaceOrder(ctx context.Context, sku string, quantity int64) (Order, error) {
	began := time.Now()
	defer log.Printf("store: placing an order took %s", time.Since(began)) // planted: defer-argument-too-early

	tx, err := s.db.BeginTx(ctx, nil) // planted: tx-not-finished
	if err != nil {
		return Order{}, fmt.Errorf("place order: %w", err)
	}
	o := Order{SKU: sku, Quantity: quantity, State: "placed"}
	var stock int64
	var price float64
	row := tx.QueryRowContext(ctx, "SELECT stock, price FROM products WHERE sku = ?", sku)
	if err := row.Scan(&stock, &price); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return o, errors.Join(err, tx.Rollback())
	}
	if stock < quantity {
		return o, fmt.Errorf("%w: %d of %s left", ErrOutOfStock, stock, sku)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE products SET stock = ? WHERE sku = ?", stock-quantity, sku); err != nil {
		return o, errors.Join(err, tx.Rollback())
	}
	o.Total = price * float64(quantity)
	res, err := tx.ExecContext(ctx, "INSERT INTO orders (sku, quantity, total, state) VALUES (?, ?, ?, ?)",
		o.SKU, o.Quantity, o.Total, o.State)
	if err != nil {
		return o, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return o, fmt.Errorf("place order: %w", err)
	}
	o.ID, err = res.LastInsertId()
	return o, err
}

// CancelOrder puts the goods back.
func (s *Store) CancelOrder(ctx context.Context, id int64) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cancel order: %w", err)
	}
	defer tx.Rollback()
	var sku, state string
	var quantity, stock int64
	row := tx.QueryRowContext(ctx, "SELECT sku, quantity, state FROM orders WHERE id = ?", id)
	if err := row.Scan(&sku, &quantity, &state); err != nil {
		return fmt.Errorf("cancel order %d: %w", id, err)
	}
	if state != "placed" {
		return fmt.Errorf("cancel order %d: it is %s", id, state)
	}
	if err := tx.QueryRowContext(ctx, "SELECT stock FROM products WHERE sku = ?", sku).Scan(&stock); err != nil {
		return fmt.Errorf("cancel order %d: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE products SET stock = ? WHERE sku = ?", stock+quantity, sku); err != nil {
		return fmt.Errorf("cancel order %d: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE orders SET state = ? WHERE id = ?", "cancelled", id); err != nil {
		return fmt.Errorf("cancel order %d: %w", id, err)
	}
	return tx.Commit()
}

// Order finds one order.
func (s *Store) Order(ctx context.Context, id int64) (Order, error) {
	o := Order{ID: id}
	err := s.db.QueryRowContext(ctx, "SELECT sku, quantity, total, state FROM orders WHERE id = ?", id).
		Scan(&o.SKU, &o.Quantity, &o.Total, &o.State)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	return o, err
}

// OrdersOf lists the orders of some products, product by product.
func (s *Store) OrdersOf(ctx context.Context, skus []string) ([]Order, error) {
	var out []Order
	for _, sku := range skus {
		rows, err := s.db.QueryContext(ctx, "SELECT id, quantity, total, state FROM orders WHERE sku = ?", sku)
		if err != nil {
			return nil, err
		}
		defer rows.Close() // planted: defer-in-loop
		for rows.Next() {
			o := Order{SKU: sku}
			if err := rows.Scan(&o.ID, &o.Quantity, &o.Total, &o.State); err != nil {
				return nil, err
			}
			out = append(out, o)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
