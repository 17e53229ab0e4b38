package semaphores

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sync/semaphore"
)

var slots = make(chan struct{}, 4)

type limiter struct {
	sem   *semaphore.Weighted
	token chan bool
}

func newLimiter(n int) *limiter {
	return &limiter{sem: semaphore.NewWeighted(int64(n)), token: make(chan bool, n)}
}

func early(path string) ([]byte, error) {
	slots <- struct{}{} // want "not given back on every path"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	<-slots
	return text, nil
}

func (l *limiter) field(n int) error {
	l.token <- true // want
	if n < 0 {
		return errors.New("negative")
	}
	<-l.token
	return nil
}

func (l *limiter) weighted(ctx context.Context, n int) error {
	if err := l.sem.Acquire(ctx, 1); err != nil { // want
		return err
	}
	if n < 0 {
		return errors.New("negative")
	}
	l.sem.Release(1)
	return nil
}

func (l *limiter) separate(ctx context.Context, n int) error {
	err := l.sem.Acquire(ctx, 1) // want
	if err != nil {
		return err
	}
	if n < 0 {
		return errors.New("negative")
	}
	l.sem.Release(1)
	return nil
}

func (l *limiter) trying(n int) error {
	if !l.sem.TryAcquire(1) { // want
		return errors.New("busy")
	}
	if n < 0 {
		return errors.New("negative")
	}
	l.sem.Release(1)
	return nil
}

func (l *limiter) tryingInside(n int) error {
	if l.sem.TryAcquire(1) { // want
		if n < 0 {
			return errors.New("negative")
		}
		l.sem.Release(1)
	}
	return nil
}

func inLoop(paths []string) (int, error) {
	total := 0
	for _, path := range paths {
		slots <- struct{}{} // want
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		total += int(info.Size())
		<-slots
	}
	return total, nil
}

func beforeGoroutine(ctx context.Context, work func()) error {
	slots <- struct{}{} // want
	if ctx.Err() != nil {
		return ctx.Err()
	}
	go func() {
		defer func() { <-slots }()
		work()
	}()
	return nil
}

func ofParameter(ctx context.Context, sem *semaphore.Weighted, n int64) error {
	if err := sem.Acquire(ctx, n); err != nil { // want
		return err
	}
	switch n {
	case 1:
		return nil
	}
	sem.Release(n)
	return nil
}
