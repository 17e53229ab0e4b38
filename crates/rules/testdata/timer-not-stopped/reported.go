// go: 1.20
package timers

import (
	"context"
	"errors"
	"time"
)

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d) // want "not stopped on every path"
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func never(work func()) {
	t := time.NewTimer(time.Hour) // want "never stopped"
	work()
	t.Reset(time.Minute)
}

func afterInLoop(in chan int, work func(int)) error {
	for {
		select {
		case x := <-in:
			work(x)
		case <-time.After(time.Minute): // want "each round"
			return errors.New("timeout")
		}
	}
}

func constant(in chan int, work func(int)) {
	const limit = 30 * time.Second
	for {
		select {
		case x, ok := <-in:
			if !ok {
				return
			}
			work(x)
		case <-time.After(limit): // want "each round"
			work(0)
		}
	}
}

func variable(in chan int) {
	limit := time.Duration(20) * time.Second
	for n := 0; n < 1_000_000; n++ {
		select {
		case <-in:
		case <-time.After(limit): // want
		}
	}
}

func resetInLoop(ctx context.Context, look func()) {
	t := time.NewTimer(0) // want
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			look()
			t.Reset(time.Second)
		}
	}
}

func eachRound(ctx context.Context, in chan int) {
	for {
		t := time.NewTimer(time.Minute) // want
		select {
		case <-in:
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

func gotoLoop(in chan int) {
again:
	select {
	case <-in:
		goto again
	case <-time.After(time.Hour): // want
	}
}

func newTimer() *time.Timer { return time.NewTimer(time.Minute) }

// Hard: made elsewhere, and kept in a field of a local.
func inField(in chan int) {
	var wait struct{ t *time.Timer }
	wait.t = newTimer() // want
	select {
	case <-in:
	case <-wait.t.C:
	}
}

// Hard: only one of two errors stops it.
func oneOfTwo(a, b func() error) error {
	t := time.NewTimer(time.Minute) // want
	if err := a(); err != nil {
		t.Stop()
		return err
	}
	if err := b(); err != nil {
		return err
	}
	<-t.C
	return nil
}

func channelInLoop(in chan int) {
	for {
		select {
		case <-in:
		case <-time.NewTimer(time.Minute).C: // want "each round"
			return
		}
	}
}

func unknown(in chan int, d time.Duration) {
	for {
		select {
		case <-in:
		case <-time.After(d): // want
		}
	}
}
