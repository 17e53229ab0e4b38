package cancels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func blank(ctx context.Context) context.Context {
	ctx, _ = context.WithCancel(ctx) // want "nothing holds"
	return ctx
}

func early(ctx context.Context, fetch func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // want "is not called on every path"
	if err := fetch(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func whenTimeIsUp(ctx context.Context, done <-chan error) error {
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(time.Minute)) // want
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		cancel()
		return err
	}
}

func retries(ctx context.Context, fetch func(context.Context) error) error {
	for range 3 {
		try, cancel := context.WithTimeout(ctx, time.Second) // want
		if fetch(try) == nil {
			return nil
		}
		cancel()
	}
	return errors.New("it does not answer")
}

func overwritten(ctx context.Context, long bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // want "overwritten"
	if long {
		ctx, cancel = context.WithTimeout(ctx, time.Minute)
	}
	defer cancel()
	<-ctx.Done()
}

func cause(ctx context.Context, check func() error) error {
	_, cancel := context.WithCancelCause(ctx) // want
	if err := check(); err != nil {
		cancel(err)
		return err
	}
	return nil
}

func signals(serve func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want
	if err := serve(ctx); err != nil {
		return fmt.Errorf("serving: %w", err)
	}
	stop()
	return nil
}

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	return ctx, cancel
}

func throughHelper(ctx context.Context, fetch func(context.Context) error) error {
	ctx, cancel := limited(ctx) // want-types
	if err := fetch(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func inLiteral(ctx context.Context) func() {
	return func() {
		ctx, cancel := context.WithCancel(ctx) // want
		if ctx.Err() != nil {
			cancel()
		}
	}
}

func deferredTooLate(ctx context.Context, ready func() bool) error {
	ctx, cancel := context.WithCancel(ctx) // want
	if !ready() {
		return errors.New("not ready")
	}
	defer cancel()
	<-ctx.Done()
	return nil
}
