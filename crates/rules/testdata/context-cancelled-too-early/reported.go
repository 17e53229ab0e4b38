package early

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"
)

func work(ctx context.Context) error { return ctx.Err() }

func spawned(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	go work(ctx) // want "cancelled at once"
}

func spawnedLiteral(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	go func() { // want "without waiting"
		if err := work(ctx); err != nil {
			println(err)
		}
	}()
	return nil
}

func spawnedDerived(ctx context.Context, key any) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	named := context.WithValue(ctx, key, 1)
	go work(named) // want
}

func spawnedInLoop(ctx context.Context, n int) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
	}()
	for i := 0; i < n; i++ {
		go work(ctx) // want
	}
}

func returned(ctx context.Context) (context.Context, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := work(ctx); err != nil {
		return nil, err
	}
	return ctx, nil // want "returned cancelled"
}

func returnedDerived(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return context.WithValue(ctx, "k", 1) // want
}

type session struct {
	ctx  context.Context
	name string
}

func returnedIn(parent context.Context) *session {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	return &session{ctx: ctx, name: "s"} // want "holds the context"
}

func (s *session) open(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	work(ctx)
	s.ctx = ctx // want "keeps the context"
}

func fetch(ctx context.Context, url string) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req) // want "response"
}

func fetchBody(ctx context.Context, client *http.Client, req *http.Request) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	return nopCloser(resp), nil
}

func nopCloser(resp *http.Response) io.ReadCloser { return resp.Body }

func request(ctx context.Context, url string) (*http.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return http.NewRequestWithContext(ctx, "GET", url, nil) // want "request"
}

func rows(ctx context.Context, db *sql.DB) (*sql.Rows, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	rows, err := db.QueryContext(ctx, "SELECT 1")
	if err != nil {
		return nil, err
	}
	return rows, nil // want "rows"
}

func row(ctx context.Context, db *sql.DB) *sql.Row {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return db.QueryRowContext(ctx, "SELECT 1") // want "row"
}

func begin(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return db.BeginTx(ctx, nil) // want "transaction"
}

func command(ctx context.Context) *exec.Cmd {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sleep", "1")
	return cmd // want "command"
}

// Hard: an older variable of the same name would be right; the new one is not.
func shadowed(ctx context.Context, fast bool) (context.Context, error) {
	if fast {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return ctx, work(ctx) // want
	}
	return ctx, nil
}

// Hard: the lock is no wait for the goroutine.
func locked(ctx context.Context, mu *sync.Mutex, running *bool) {
	mu.Lock()
	defer mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	*running = true
	go work(ctx) // want
}
