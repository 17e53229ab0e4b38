package early

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"sync"
)

func notify(ctx context.Context, what string) error { return ctx.Err() }

func handle(w http.ResponseWriter, r *http.Request) {
	go notify(r.Context(), "a") // want "context of the request"
	w.WriteHeader(http.StatusAccepted)
}

func handleLiteral(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	go func() { // want
		if err := notify(ctx, "a"); err != nil {
			log.Print(err)
		}
	}()
	json.NewEncoder(w).Encode("ok")
}

func register(mux *http.ServeMux) {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), "k", 1)
		go notify(ctx, "a") // want
	})
}

func handleDetached(w http.ResponseWriter, r *http.Request) {
	go notify(context.WithoutCancel(r.Context()), "a")
	w.WriteHeader(http.StatusAccepted)
}

func handleWaits(w http.ResponseWriter, r *http.Request) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		notify(r.Context(), "a")
	}()
	wg.Wait()
}

func handleReceives(w http.ResponseWriter, r *http.Request) {
	errs := make(chan error, 1)
	go func() { errs <- notify(r.Context(), "a") }()
	if err := <-errs; err != nil {
		http.Error(w, err.Error(), 500)
	}
}

func handleWorks(w http.ResponseWriter, r *http.Request) {
	go notify(r.Context(), "progress")
	work(r.Context())
	w.WriteHeader(http.StatusOK)
}

func handleBackground(w http.ResponseWriter, r *http.Request) {
	go notify(context.Background(), r.URL.Path)
}

func handleWatches(w http.ResponseWriter, r *http.Request, done chan bool) {
	ctx := r.Context()
	go func() {
		<-ctx.Done()
		close(done)
	}()
}

func noHandler(r *http.Request) {
	go notify(r.Context(), "a")
}
