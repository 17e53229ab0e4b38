package cancels

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"time"
)

// The deferred call is evaluated here, but the variable is set again below.
func conditionInside(ctx context.Context, slow bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // bug-missed
	defer func() {
		if slow {
			cancel()
		}
	}()
	<-ctx.Done()
	return ctx.Err()
}

func switched(ctx context.Context, kind int) error {
	ctx, cancel := context.WithCancel(ctx) // want
	switch kind {
	case 0:
		cancel()
		return nil
	case 1:
		<-ctx.Done()
	default:
		cancel()
	}
	return nil
}

func labelled(ctx context.Context, jobs [][]func(context.Context) error) error {
outer:
	for _, batch := range jobs {
		ctx, cancel := context.WithCancel(ctx) // want
		for _, job := range batch {
			if job(ctx) != nil {
				continue outer
			}
		}
		cancel()
	}
	return nil
}

func goroutineForgets(ctx context.Context, run func(context.Context) error) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, time.Minute) // want
		if err := run(ctx); err != nil {
			return
		}
		cancel()
	}()
}

func deadline(ctx context.Context, t time.Time) context.Context {
	ctx, _ = context.WithDeadline(ctx, t) // want
	return ctx
}

// The caller gets the context but no way to end it.
func onlyContext(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx) // want
	go func() { <-ctx.Done() }()
	_ = cancel
	return ctx
}

func helperOnError(ctx context.Context, run func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx) // bug-missed
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	return run(ctx)
}

// Handed on when it goes well, called when it does not.
func handedOnOrCalled(ctx context.Context, check func(context.Context) error) (_ context.Context, _ func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	if err := check(ctx); err != nil {
		return nil, nil, err
	}
	return ctx, cancel, nil
}

func flag(ctx context.Context, check func() error) (func(), error) {
	_, cancel := context.WithCancel(ctx)
	keep := false
	defer func() {
		if !keep {
			cancel()
		}
	}()
	if err := check(); err != nil {
		return nil, err
	}
	keep = true
	return cancel, nil
}

func slot(ctx context.Context, n int) (cancels []context.CancelFunc) {
	cancels = make([]context.CancelFunc, n)
	for i := range n {
		_, cancels[i] = context.WithCancel(ctx)
	}
	return cancels
}

type server struct {
	mu   sync.Mutex
	stop map[int]context.CancelFunc
}

func (s *server) run(ctx context.Context, id int, work func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	if old, ok := s.stop[id]; ok {
		old()
	}
	s.stop[id] = cancel
	s.mu.Unlock()
	work(ctx)
}

func chained(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	return ctx, func() {
		stop()
		cancel()
	}
}

func either(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

func eitherCalled(ctx context.Context, d time.Duration) error {
	ctx, cancel := either(ctx, d)
	defer cancel()
	<-ctx.Done()
	return nil
}

func withTimeout(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.Join(ctx.Err(), context.Cause(ctx))
	}
}

func stopAll(cancels ...context.CancelFunc) {
	for _, cancel := range cancels {
		cancel()
	}
}

func variadic(ctx context.Context) {
	_, a := context.WithCancel(ctx)
	_, b := context.WithCancel(ctx)
	defer stopAll(a, b)
}

func exits(ctx context.Context, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	if err := run(ctx); err != nil {
		os.Exit(1)
	}
	cancel()
}

func group(ctx context.Context, tasks []func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var once sync.Once
	for _, task := range tasks {
		wg.Go(func() {
			if e := task(ctx); e != nil {
				once.Do(func() {
					err = e
					cancel()
				})
			}
		})
	}
	wg.Wait()
	cancel()
	return err
}
