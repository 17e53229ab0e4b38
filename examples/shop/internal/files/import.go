// Package files moves products and orders in and out of files.
package files

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"example.com/shop/internal/store"
)

// ReadProducts reads sku, name, stock and price from CSV with a heading.
func ReadProducts(r io.Reader) ([]store.Product, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = 4
	if _, err := in.Read(); err != nil {
		return nil, fmt.Errorf("products: heading: %w", err)
	}
	var out []store.Product
	for {
		record, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("products: %w", err)
		}
		p := store.Product{SKU: record[0], Name: record[1]}
		if p.Stock, err = strconv.ParseInt(record[2], 10, 64); err != nil {
			return nil, fmt.Errorf("products: %s: stock: %w", p.SKU, err)
		}
		if p.Price, err = strconv.ParseFloat(record[3], 64); err != nil {
			return nil, fmt.Errorf("products: %s: price: %w", p.SKU, err)
		}
		out = append(out, p)
	}
}

// ReadAll reads several files of products; the first bad one ends it.
func ReadAll(paths []string) ([]store.Product, error) {
	var out []store.Product
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() // planted: defer-in-loop
		products, err := ReadProducts(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, products...)
	}
	return out, nil
}

// Check reads every file of products in dir and returns what is wrong, file by file.
func Check(dir string) (map[string]error, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return nil, err
	}
	wrong := map[string]error{}
	for _, path := range paths {
		wrong[path] = func() error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = ReadProducts(f)
			return err
		}()
	}
	return wrong, nil
}

// ReadFirst reads the first of the files that exists.
func ReadFirst(paths ...string) ([]store.Product, error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return ReadProducts(f)
	}
	return nil, fmt.Errorf("none of %q exists", paths)
}

// Preview returns the heading and at most n records of a CSV file.
func Preview(path string, n int) ([][]string, error) {
	f, err := os.Open(path) // planted: file-not-closed
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(f)
	heading, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s has no heading: %w", path, err)
	}
	out := [][]string{heading}
	for len(out) <= n {
		record, err := in.Read()
		if err != nil {
			break
		}
		out = append(out, record)
	}
	return out, f.Close()
}

// Stage copies an upload to a temporary file in dir. The returned function removes the file.
func Stage(dir string, r io.Reader) (path string, remove func(), err error) {
	f, err := os.CreateTemp(dir, "upload-*.csv")
	if err != nil {
		return "", nil, fmt.Errorf("stage upload: %w", err)
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(fmt.Errorf("stage upload: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, nil
}
