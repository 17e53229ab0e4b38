package cancels

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

func deferred(ctx context.Context, fetch func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return fetch(ctx)
}

func everyPath(ctx context.Context, fetch func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	if err := fetch(ctx); err != nil {
		cancel()
		return err
	}
	cancel()
	return nil
}

func given(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Second)
}

func givenNamed(ctx context.Context) (child context.Context, cancel func()) {
	child, cancel = context.WithCancel(ctx)
	return
}

func both(ctx context.Context) (context.Context, func()) {
	ctx, a := context.WithCancel(ctx)
	ctx, b := context.WithTimeout(ctx, time.Second)
	return ctx, func() {
		b()
		a()
	}
}

type worker struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func newWorker(ctx context.Context) *worker {
	ctx, cancel := context.WithCancel(ctx)
	return &worker{ctx: ctx, cancel: cancel}
}

func (w *worker) start(ctx context.Context) {
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.wg.Go(func() { <-w.ctx.Done() })
}

func (w *worker) restart(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	w.cancel()
	w.ctx, w.cancel = ctx, cancel
}

func goroutine(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		run(ctx)
	}()
}

func goroutineArgument(ctx context.Context, run func(context.Context, func())) {
	ctx, cancel := context.WithCancel(ctx)
	go run(ctx, cancel)
}

func optional(ctx context.Context, d time.Duration, fetch func(context.Context) error) error {
	if d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	return fetch(ctx)
}

func optionalFunc(ctx context.Context, d time.Duration, fetch func(context.Context) error) error {
	cancel := func() {}
	if d > 0 {
		ctx, cancel = context.WithTimeout(ctx, d)
	}
	defer cancel()
	return fetch(ctx)
}

func optionalNil(ctx context.Context, d time.Duration, fetch func(context.Context) error) error {
	var cancel context.CancelFunc
	if d > 0 {
		ctx, cancel = context.WithTimeout(ctx, d)
	}
	err := fetch(ctx)
	if cancel != nil {
		cancel()
	}
	return err
}

func retries(ctx context.Context, fetch func(context.Context) error) error {
	for range 3 {
		try, cancel := context.WithTimeout(ctx, time.Second)
		err := fetch(try)
		cancel()
		if err == nil {
			return nil
		}
	}
	return errors.New("it does not answer")
}

func later(ctx context.Context, d time.Duration) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	time.AfterFunc(d, cancel)
	return ctx
}

func merged(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(a)
	stop := context.AfterFunc(b, func() { cancel(context.Cause(b)) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}

func onSignal(ctx context.Context, quit <-chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx
}

func causes(ctx context.Context, run func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() { cancel(err) }()
	return run(ctx)
}

func inMap(ctx context.Context, jobs map[string]context.CancelFunc, id string) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	jobs[id] = cancel
	return ctx
}

func list(ctx context.Context, n int) (stops []func()) {
	for range n {
		_, cancel := context.WithCancel(ctx)
		stops = append(stops, cancel)
	}
	return stops
}

func shuts(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

type body struct{ cancel context.CancelFunc }

func (b body) Close() error {
	b.cancel()
	return nil
}

func untilClosed(ctx context.Context) (body, error) {
	ctx, cancel := context.WithCancel(ctx)
	if err := ctx.Err(); err != nil {
		cancel()
		return body{}, err
	}
	return body{cancel}, nil
}

func sent(ctx context.Context, stops chan<- context.CancelFunc) {
	_, cancel := context.WithCancel(ctx)
	stops <- cancel
}

func once(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var o sync.Once
	return ctx, func() { o.Do(cancel) }
}

func panics(ctx context.Context, ok bool) {
	ctx, cancel := context.WithCancel(ctx)
	if !ok {
		panic("not ok")
	}
	cancel()
	<-ctx.Done()
}
