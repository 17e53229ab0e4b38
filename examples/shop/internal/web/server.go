// Package web is the shop's HTTP interface.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/http/pprof"
	"runtime"
	"strconv"
	"sync"
	"time"

	"example.com/shop/internal/cache"
	"example.com/shop/internal/fakedb"
	"example.com/shop/internal/journal"
	"example.com/shop/internal/notify"
	"example.com/shop/internal/store"
	"example.com/shop/internal/trace"
	"example.com/shop/internal/worker"
)

// Server answers requests. All fields but Notify must be set.
type Server struct {
	Store        *store.Store
	Cache        *cache.Cache
	Pool         *worker.Pool
	Journal      *journal.Journal
	Notify       *notify.Client
	Data         string
	QuoteTimeout time.Duration

	banner Banner
	counts Counts
}

// Handler routes requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /products", s.listProducts)
	mux.HandleFunc("GET /products/{sku}", s.getProduct)
	mux.HandleFunc("GET /products/low", s.lowStock)
	mux.HandleFunc("POST /products", s.importProducts)
	mux.HandleFunc("GET /preview", s.preview)
	mux.HandleFunc("GET /quote", s.quote)
	mux.HandleFunc("POST /orders", s.createOrder)
	mux.HandleFunc("GET /orders/{id}", s.getOrder)
	mux.HandleFunc("DELETE /orders/{id}", s.cancelOrder)
	mux.HandleFunc("GET /orders/export", s.exportOrders)
	mux.HandleFunc("GET /admin/banner", s.getBanner)
	mux.HandleFunc("PUT /admin/banner", s.setBanner)
	mux.HandleFunc("DELETE /admin/banner", s.clearBanner)
	mux.HandleFunc("GET /debug/state", s.state)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	return rescue(mux)
}

// Warm fills the cache from the database.
func (s *Server) Warm(ctx context.Context) error {
	products, err := s.Store.Products(ctx)
	if err != nil {
		return err
	}
	const shards = 4
	var wg sync.WaitGroup
	for shard := range shards {
		go func() {
			wg.Add(1) // planted: waitgroup-add-inside
			defer wg.Done()
			for i := shard; i < len(products); i += shards {
				s.Cache.Put(products[i].SKU, products[i].Stock)
			}
		}()
	}
	wg.Wait()
	return nil
}

// rescue answers 500 when a handler panics before it has written anything.
func rescue(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				log.Printf("web: %s %s: panic: %v", r.Method, r.URL.Path, p)
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// state says what the process holds, as it knows it itself.
func (s *Server) state(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"goroutines":  runtime.NumGoroutine(),
		"database":    fakedb.ReadStats(),
		"cached":      s.Cache.Len(),
		"busy":        s.Pool.Busy(),
		"failed":      s.Pool.Failed(),
		"audited":     s.Journal.Audited(),
		"outcomes":    s.counts.All(),
		"trace":       trace.Totals(),
		"max_procs":   runtime.GOMAXPROCS(0),
		"go_version":  runtime.Version(),
		"server_time": time.Now().UTC(),
	})
}

// reply sends v as JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Printf("web: reply: %v", err)
	}
}

// fail sends err with the status that suits it.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, store.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, store.ErrOutOfStock):
		status = http.StatusConflict
	case errors.Is(err, worker.ErrBusy):
		status = http.StatusServiceUnavailable
	}
	http.Error(w, err.Error(), status)
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}
