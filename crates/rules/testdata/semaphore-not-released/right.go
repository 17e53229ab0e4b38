package semaphores

import (
	"context"
	"errors"
	"os"
	"sync"

	"golang.org/x/sync/semaphore"
)

var slots = make(chan struct{}, 4)

type limiter struct {
	sem *semaphore.Weighted
}

func deferred(path string) ([]byte, error) {
	slots <- struct{}{}
	defer func() { <-slots }()
	return os.ReadFile(path)
}

func everyPath(path string) ([]byte, error) {
	slots <- struct{}{}
	text, err := os.ReadFile(path)
	if err != nil {
		<-slots
		return nil, err
	}
	<-slots
	return text, nil
}

func (l *limiter) deferredRelease(ctx context.Context) error {
	if err := l.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer l.sem.Release(1)
	return ctx.Err()
}

func (l *limiter) take(ctx context.Context) error {
	return l.sem.Acquire(ctx, 1)
}

func (l *limiter) give() {
	l.sem.Release(1)
}

func (l *limiter) trying() error {
	if !l.sem.TryAcquire(1) {
		return errors.New("busy")
	}
	l.sem.Release(1)
	return nil
}

func (l *limiter) tryingInside() bool {
	if l.sem.TryAcquire(1) {
		l.sem.Release(1)
		return true
	}
	return false
}

func inGoroutines(work []func()) {
	var wg sync.WaitGroup
	for _, f := range work {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			f()
		}()
	}
	wg.Wait()
}

func waitsForAll(work []func()) {
	sem := make(chan struct{}, 2)
	for _, f := range work {
		sem <- struct{}{}
		go func() {
			f()
			<-sem
		}()
	}
	for range cap(sem) {
		sem <- struct{}{}
	}
}

func signal(done chan struct{}, n int) {
	if n > 0 {
		done <- struct{}{}
	}
}

func (l *limiter) weightedGoroutine(ctx context.Context, f func()) error {
	if err := l.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	go func() {
		defer l.sem.Release(1)
		f()
	}()
	return nil
}

func (l *limiter) givesFunction(ctx context.Context) (func(), error) {
	if err := l.sem.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { l.sem.Release(1) }, nil
}

func panics(n int) {
	slots <- struct{}{}
	if n < 0 {
		panic("negative")
	}
	<-slots
}

func (l *limiter) deferredBefore(ctx context.Context) error {
	taken := false
	defer func() {
		if taken {
			l.sem.Release(1)
		}
	}()
	if err := l.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	taken = true
	return ctx.Err()
}

// What is sent tells something.
func results(out chan int, n int) {
	out <- n
	if n < 0 {
		return
	}
	<-out
}
