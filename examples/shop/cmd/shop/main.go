// Command shop serves a small shop over HTTP.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.com/shop/internal/cache"
	"example.com/shop/internal/config"
	"example.com/shop/internal/files"
	"example.com/shop/internal/journal"
	"example.com/shop/internal/notify"
	"example.com/shop/internal/store"
	"example.com/shop/internal/trace"
	"example.com/shop/internal/web"
	"example.com/shop/internal/worker"
)

func main() {
	configPath := flag.String("config", "", "JSON `file` with settings")
	addr := flag.String("addr", "", "listen on this `address` instead of the configured one")
	seed := flag.String("seed", "", "read products from this CSV `file` at the start")
	data := flag.String("data", "", "keep receipts and the journal in this `folder`")
	runFor := flag.Duration("run-for", 0, "stop after this time (0: run until interrupted)")
	verbose := flag.Bool("v", false, "report at the end where the time went")
	flag.Parse()

	cfg, err := config.Load(*configPath)
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range []struct{ set, where *string }{{addr, &cfg.Addr}, {seed, &cfg.Seed}, {data, &cfg.Data}} {
		if *o.set != "" {
			*o.where = *o.set
		}
	}
	cfg.Verbose = cfg.Verbose || *verbose

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *runFor > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *runFor)
		defer cancel()
	}
	if err := run(ctx, cfg); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config.Config) error {
	if cfg.Verbose {
		defer printTotals()
		defer trace.Start("shop")()
	}
	if err := os.MkdirAll(cfg.Data, 0o755); err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Driver, cfg.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx, io.Discard); err != nil {
		return err
	}
	if cfg.Seed != "" {
		f, err := os.Open(cfg.Seed)
		if err != nil {
			return fmt.Errorf("seed the shop: %w", err)
		}
		defer f.Close() // planted: defer-meant-as-block-scope
		products, err := files.ReadProducts(f)
		if err != nil {
			return fmt.Errorf("seed the shop from %s: %w", cfg.Seed, err)
		}
		for _, p := range products {
			if err := db.PutProduct(ctx, p); err != nil {
				return fmt.Errorf("seed the shop: %w", err)
			}
		}
	}

	pool := worker.NewPool(cfg.Queue)
	pool.Start(cfg.Workers)
	defer pool.Stop()
	events := journal.New(filepath.Join(cfg.Data, "journal.txt"))
	go events.Audit(ctx, cfg.AuditEvery) // planted: goroutine-without-stop
	stock := cache.New(time.Hour)
	go stock.Run(ctx, time.Minute)

	shop := &web.Server{
		Store:        db,
		Cache:        stock,
		Pool:         pool,
		Journal:      events,
		Data:         cfg.Data,
		QuoteTimeout: cfg.QuoteTimeout,
	}
	if cfg.Webhook != "" {
		shop.Notify = notify.New(cfg.Webhook)
		version, err := shop.Notify.Version(ctx)
		if err != nil {
			return err
		}
		log.Printf("shop: the webhook runs version %s", version)
	}
	if err := shop.Warm(ctx); err != nil {
		return err
	}
	return serve(ctx, cfg.Addr, shop.Handler())
}

// serve answers requests until ctx is done, then lets the running ones finish.
func serve(ctx context.Context, addr string, handler http.Handler) error {
	srv := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	log.Printf("shop: open at http://%s", addr)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func printTotals() {
	for _, t := range trace.Totals() {
		log.Printf("shop: %s: %d times, %s in all", t.Name, t.Count, t.Time)
	}
}
