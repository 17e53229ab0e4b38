package nested

import (
	"context"
	"os"
	"os/signal"
	"time"
)

type key struct{}

func work(ctx context.Context, n int) error { return ctx.Err() }

func accept() (int, error) { return 0, nil }

func withTimeout(ctx context.Context, items []int) {
	var cancel context.CancelFunc
	for _, item := range items {
		ctx, cancel = context.WithTimeout(ctx, time.Second) // want "once the deadline of one round has passed"
		work(ctx, item)
		cancel()
	}
}

func withDeadline(ctx context.Context) (err error) {
	var cancel context.CancelFunc
	for try := 0; try < 5; try++ {
		ctx, cancel = context.WithDeadline(ctx, time.Now().Add(time.Second)) // want "deadline"
		err = work(ctx, try)
		cancel()
		if err == nil {
			return nil
		}
	}
	return err
}

func withCancel(items <-chan int) {
	ctx, cancel := context.WithCancel(context.Background())
	for item := range items {
		ctx, cancel = context.WithCancel(ctx) // want "cancelling the context of one round"
		go work(ctx, item)
	}
	cancel()
}

func withValue(ctx context.Context) {
	for {
		n, err := accept()
		if err != nil {
			return
		}
		ctx = context.WithValue(ctx, key{}, n) // want "looking up a value walks it"
		go work(ctx, n)
	}
}

// What one case sets, the later ones see too.
func table(ctx context.Context) {
	for _, user := range []string{"", "ann", ""} {
		if user != "" {
			ctx = context.WithValue(ctx, key{}, user) // want
		}
		work(ctx, len(user))
	}
}

func withSignals(ctx context.Context) {
	for i := 0; ; i++ {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt) // want "cancelling"
		work(ctx, i)
		stop()
	}
}

func tagged(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, key{}, tag)
}

func started(ctx context.Context, name string) (context.Context, func()) {
	return context.WithCancel(tagged(ctx, name))
}

func byHelper(ctx context.Context, names []string) {
	for i := range names {
		ctx = tagged(ctx, "round") // want "derived from the context of the round before"
		work(ctx, i)
	}
}

func bySpan(ctx context.Context, names []string) {
	var end func()
	for i, name := range names {
		ctx, end = started(ctx, name) // want
		work(ctx, i)
		end()
	}
}

type server struct {
	ctx  context.Context
	base context.Context
}

func (s *server) serve() {
	for {
		n, err := accept()
		if err != nil {
			return
		}
		s.ctx = context.WithValue(s.ctx, key{}, n) // want
		work(s.ctx, n)
	}
}

// The literal runs once for each round.
func inLiteral(ctx context.Context, items []int) {
	for _, item := range items {
		func() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, time.Second) // want
			defer cancel()
			work(ctx, item)
		}()
	}
}

func twoInOneLoop(ctx context.Context, items []int) {
	var cancel context.CancelFunc
	for _, item := range items {
		ctx, cancel = context.WithCancel(ctx) // want
		ctx = context.WithValue(ctx, key{}, item)
		work(ctx, item)
		cancel()
	}
}

func byGoto(ctx context.Context) {
	var cancel context.CancelFunc
again:
	ctx, cancel = context.WithTimeout(ctx, time.Second) // want
	err := work(ctx, 1)
	cancel()
	if err != nil {
		goto again
	}
}

func innerLoop(users []int) {
	for _, user := range users {
		ctx := context.WithValue(context.Background(), key{}, user)
		for try := 0; try < 3; try++ {
			ctx = context.WithValue(ctx, key{}, try) // want
			work(ctx, try)
		}
	}
}

func inGoroutine(ctx context.Context, items []int) {
	for _, item := range items {
		ctx = context.WithValue(ctx, key{}, item) // want
		go func() { work(ctx, item) }()
	}
}
