package cancels

import (
	"context"
	"errors"
	"time"
)

func NewContext(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, "name", name)
}

// What is made of a context that the function ends, ends with it.
func rootEnds(start func(context.Context), stop <-chan bool) bool {
	root, cancelAll := context.WithCancel(context.Background())
	defer cancelAll()
	ctx, cancel := context.WithCancel(root)
	start(ctx)
	if <-stop {
		return true
	}
	cancel()
	return false
}

func rootEndsByWrapper(start func(context.Context), stop, again <-chan bool) {
	root, cancelAll := context.WithCancel(context.Background())
	defer cancelAll()
	_, cancelLast := context.WithCancel(root)
	for {
		select {
		case <-again:
			ctx, cancel := context.WithCancel(NewContext(root, "again"))
			start(ctx)
			cancelLast()
			cancelLast = cancel
		case <-stop:
			return
		}
	}
}

// The deferred call comes right after.
func limited(ctx context.Context, limit time.Duration, start func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	if limit > 0 {
		ctx, _ = context.WithTimeout(ctx, limit)
	}
	defer func() { cancel(errors.New("done")) }()
	return start(ctx)
}

// Only on one of the ways.
func limitedPerhaps(ctx context.Context, limit time.Duration, start func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx) // want
	ctx, _ = context.WithTimeout(ctx, limit) // want
	if err := start(ctx); err != nil {
		return err
	}
	defer cancel(nil)
	return start(ctx)
}

// Until then they pile up.
func pilesUp(start func(context.Context) error, jobs []string) error {
	root, cancelAll := context.WithCancel(context.Background())
	defer cancelAll()
	for range jobs {
		ctx, _ := context.WithCancel(root) // want
		if err := start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// The parent is somebody else's.
func callersParent(ctx context.Context, start func(context.Context), stop <-chan bool) bool {
	ctx, cancel := context.WithCancel(ctx) // want
	start(ctx)
	if <-stop {
		return true
	}
	cancel()
	return false
}
