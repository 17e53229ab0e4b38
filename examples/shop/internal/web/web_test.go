package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shop/internal/cache"
	"example.com/shop/internal/journal"
	"example.com/shop/internal/store"
	"example.com/shop/internal/worker"
)

func TestShop(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	db, err := store.Open(ctx, "fakedb", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx, io.Discard); err != nil {
		t.Fatal(err)
	}
	pool := worker.NewPool(8)
	pool.Start(1)
	defer pool.Stop()
	shop := &Server{
		Store:        db,
		Cache:        cache.New(time.Hour),
		Pool:         pool,
		Journal:      journal.New(filepath.Join(dir, "journal.txt")),
		Data:         dir,
		QuoteTimeout: 50 * time.Millisecond,
	}
	server := httptest.NewServer(shop.Handler())
	defer server.Close()

	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/healthz", "", 200, `"ok"`},
		{"POST", "/products", "sku,name,stock,price\ntea,Tea,5,2\n", 200, `"imported":1`},
		{"POST", "/products", "tea\n", 400, "heading"},
		{"GET", "/products", "", 200, `"stock":5`},
		{"POST", "/orders", `{"sku":"tea","quantity":3}`, 201, `"total":6`},
		{"POST", "/orders", `{"sku":"tea","quantity":0}`, 400, "quantity"},
		{"POST", "/orders", `{"sku":"milk","quantity":1}`, 404, "not found"},
		{"GET", "/products/tea", "", 200, `"stock":2`},
		{"GET", "/products/low", "", 200, `"tea"`},
		{"GET", "/orders/1", "", 200, `"placed"`},
		{"GET", "/orders/x", "", 404, "not found"},
		{"DELETE", "/orders/1", "", 204, ""},
		{"DELETE", "/orders/1", "", 500, "cancelled"},
		{"GET", "/orders/export?sku=tea", "", 200, ""},
		{"GET", "/quote?sku=tea", "", 200, `"price"`},
		{"GET", "/quote?sku=slow-tea", "", 504, "supplier"},
		{"GET", "/quote", "", 400, "which"},
		{"GET", "/preview?name=../../etc/passwd", "", 400, "csv"},
		{"DELETE", "/admin/banner", "", 204, ""},
		{"GET", "/debug/state", "", 200, `"goroutines"`},
	} {
		req, err := http.NewRequestWithContext(ctx, step.method, server.URL+step.path, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		status, body := do(t, req)
		if status != step.status || !strings.Contains(body, step.want) {
			t.Errorf("%s %s: %d %s", step.method, step.path, status, body)
		}
	}
	pool.Await("receipt", 1)
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
