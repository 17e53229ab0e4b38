package spent

import (
	"context"
	"embed"
	"io"
	"mime/multipart"
	"os"
	"time"
)

// The other racer is started once: nothing sets the timer again.
func race(ctx context.Context, results <-chan error, start func(context.Context)) error {
	delay := time.NewTimer(300 * time.Millisecond)
	defer delay.Stop()
	for {
		select {
		case <-delay.C:
			second, cancel := context.WithCancel(ctx)
			defer cancel()
			go start(second)
		case err := <-results:
			return err
		}
	}
}

// The clause sets its timer again, so contexts pile up.
func poll(ctx context.Context, results <-chan error, start func(context.Context)) error {
	delay := time.NewTimer(300 * time.Millisecond)
	defer delay.Stop()
	for {
		select {
		case <-delay.C:
			next, cancel := context.WithCancel(ctx)
			defer cancel() // want "the contexts of every iteration stay alive"
			go start(next)
			delay.Reset(time.Second)
		case err := <-results:
			return err
		}
	}
}

// A ticker does not stop after the first.
func ticks(ctx context.Context, results <-chan error, start func(context.Context)) error {
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			next, cancel := context.WithCancel(ctx)
			defer cancel() // want
			go start(next)
		case err := <-results:
			return err
		}
	}
}

func newTimer(d time.Duration) (*time.Timer, func()) {
	timer := time.NewTimer(d)
	return timer, func() { timer.Stop() }
}

// A new round begins only when the timer has fired.
func retries(ctx context.Context, call func() error) error {
again:
	if err := call(); err == nil {
		return nil
	}
	timer, cancel := newTimer(time.Second)
	defer cancel()
	select {
	case <-timer.C:
		goto again
	case <-ctx.Done():
		return ctx.Err()
	}
}

func rests(ctx context.Context, calls []func() error) error {
	for _, call := range calls {
		if err := call(); err != nil {
			return err
		}
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// What arrives leaves the timer running.
func listens(incoming <-chan int, handle func(int)) {
	for {
		timer := time.NewTimer(time.Minute)
		defer timer.Stop() // want "what every iteration starts keeps running"
		select {
		case <-timer.C:
			return
		case value := <-incoming:
			handle(value)
		}
	}
}

// The deferred call is for those who leave early.
func byHand(ctx context.Context, calls []func(context.Context) error) error {
	for _, call := range calls {
		part, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := call(part); err != nil {
			return err
		}
		cancel()
	}
	return nil
}

func byHandUnless(ctx context.Context, calls []func(context.Context) error) (failed int) {
	for _, call := range calls {
		part, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel() // want
		if err := call(part); err != nil {
			failed++
			continue
		}
		cancel()
	}
	return failed
}

// The next part closes the one before.
func parts(reader *multipart.Reader, read func(io.Reader) error) error {
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		defer part.Close()
		if err := read(part); err != nil {
			return err
		}
	}
}

//go:embed *.go
var own embed.FS

// Files in the program are not opened at all.
func embedded(names []string, read func(io.Reader) error) error {
	for _, name := range names {
		f, err := own.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := read(f); err != nil {
			return err
		}
	}
	return nil
}

// The process ends, and with it all that is open.
func show(names []string) {
	code := 0
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			code = 1
			continue
		}
		defer f.Close()
		io.Copy(os.Stdout, f)
	}
	os.Exit(code)
}
