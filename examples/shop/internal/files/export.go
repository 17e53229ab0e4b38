package files

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"example.com/shop/internal/store"
)

// WriteOrders writes orders as CSV with a heading.
func WriteOrders(w io.Writer, orders []store.Order) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "sku", "quantity", "total", "state"}); err != nil {
		return err
	}
	for _, o := range orders {
		err := out.Write([]string{
			strconv.FormatInt(o.ID, 10),
			o.SKU,
			strconv.FormatInt(o.Quantity, 10),
			strconv.FormatFloat(o.Total, 'f', 2, 64),
			o.State,
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteOrdersGzip writes orders as compressed CSV.
func WriteOrdersGzip(w io.Writer, orders []store.Order) error {
	var err error
	zw := gzip.NewWriter(w)
	defer func() {
		if cerr := zw.Close(); err == nil {
			err = cerr // planted: deferred-write-to-unnamed-result
		}
	}()
	zw.Name = "orders.csv"
	if err = WriteOrders(zw, orders); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return err
}

// SaveOrders writes orders to a compressed file at path, or leaves what was there before.
func SaveOrders(path string, orders []store.Order) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".orders-*")
	if err != nil {
		return fmt.Errorf("save orders: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = WriteOrdersGzip(f, orders)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// WriteReceipt writes the receipt of an order into dir and returns its path.
func WriteReceipt(dir string, o store.Order) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("receipt-%d.txt", o.ID))
	f, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("receipt: %w", err)
	}
	defer f.Close() // planted: close-error-dropped
	_, err = fmt.Fprintf(f, "Order %d\n%d × %s\nTotal %.2f\n", o.ID, o.Quantity, o.SKU, o.Total)
	return path, err
}
