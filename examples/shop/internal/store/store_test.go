package store

import (
	"context"
	"errors"
	"io"
	"testing"

	_ "example.com/shop/internal/fakedb"
)

func open(t *testing.T) *Store {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, "fakedb", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(ctx, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := s.PutProduct(ctx, Product{SKU: "tea", Name: "Tea", Stock: 5, Price: 2}); err != nil {
		t.Fatal(err)
	}
	return s
}

func stock(t *testing.T, s *Store) int64 {
	t.Helper()
	p, err := s.Product(context.Background(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	return p.Stock
}

func TestPlaceAndCancel(t *testing.T) {
	s, ctx := open(t), context.Background()
	o, err := s.PlaceOrder(ctx, "tea", 3)
	if err != nil || o.Total != 6 || stock(t, s) != 2 {
		t.Fatalf("order %+v, error %v, %d left", o, err, stock(t, s))
	}
	if _, err := s.PlaceOrder(ctx, "tea", 3); !errors.Is(err, ErrOutOfStock) {
		t.Errorf("too many: %v", err)
	}
	if _, err := s.PlaceOrder(ctx, "coffee", 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown product: %v", err)
	}
	orders, err := s.OrdersOf(ctx, []string{"coffee", "tea"})
	if err != nil || len(orders) != 1 || orders[0] != o {
		t.Errorf("orders %v, error %v", orders, err)
	}
	if err := s.CancelOrder(ctx, o.ID); err != nil || stock(t, s) != 5 {
		t.Errorf("cancel: %v, %d left", err, stock(t, s))
	}
	if err := s.CancelOrder(ctx, o.ID); err == nil {
		t.Error("cancelled twice")
	}
	if o, err := s.Order(ctx, o.ID); err != nil || o.State != "cancelled" {
		t.Errorf("order %+v, error %v", o, err)
	}
}

func TestRollbackRestores(t *testing.T) {
	s, ctx := open(t), context.Background()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE products SET stock = ? WHERE sku = ?", int64(0), "tea"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO products (sku, name, stock, price) VALUES (?, ?, ?, ?)", "x", "X", 1, 1.0); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	all, err := s.Products(ctx)
	if err != nil || len(all) != 1 || all[0].Stock != 5 {
		t.Errorf("products %v, error %v", all, err)
	}
}

func TestLowStock(t *testing.T) {
	s := open(t)
	for threshold, want := range map[int64]int{5: 0, 6: 1} {
		if low, err := s.LowStock(threshold, 3); err != nil || len(low) != want {
			t.Errorf("below %d: %v, error %v", threshold, low, err)
		}
	}
}
