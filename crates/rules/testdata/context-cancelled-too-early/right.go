package early

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

func waited(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work(ctx)
	}()
	wg.Wait()
}

func whileWorking(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go heartbeat(ctx)
	return work(ctx)
}

func heartbeat(ctx context.Context) { <-ctx.Done() }

func watcher(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-ctx.Done()
		conn.Close()
	}()
}

func cancelsItself(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		work(ctx)
	}()
}

func received(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, 1)
	go func() { errs <- work(ctx) }()
	return <-errs
}

func selected(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, 1)
	go func() { errs <- work(ctx) }()
	select {
	case err := <-errs:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func deferredWait(ctx context.Context, wg *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		work(ctx)
	}()
}

func ofParent(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	work(ctx)
	go work(parent)
}

func detached(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go work(context.WithoutCancel(ctx))
}

func withCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func onErrorOnly(ctx context.Context) (_ context.Context, _ func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	return ctx, cancel, work(ctx)
}

func readHere(ctx context.Context, req *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	resp, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp, data, err
}

func dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var d net.Dialer
	return d.DialContext(ctx, "tcp", "localhost:1")
}

func prepared(ctx context.Context, db *sql.DB) (*sql.Stmt, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return db.PrepareContext(ctx, "SELECT 1")
}

func ran(ctx context.Context) (*exec.Cmd, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "true")
	err := cmd.Run()
	return cmd, err
}

func bounded(ctx context.Context, s *session) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	old := s.ctx
	s.ctx = ctx
	err := work(s.ctx)
	s.ctx = old
	return err
}

func whileOpen(ctx context.Context, s *session) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx = ctx
	return handshake(s)
}

func handshake(s *session) error { return work(s.ctx) }

func value(ctx context.Context) session {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := session{ctx: ctx}
	work(s.ctx)
	return session{name: s.name}
}

// Hard: of two contexts the one that lives on is returned.
func other(ctx context.Context) (context.Context, error) {
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	ctx = context.WithValue(ctx, "k", 1)
	return ctx, work(short)
}

// Hard: it waits for a channel that the goroutine closes, in a loop.
func polled(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	for range done {
	}
}
