package cancels

import (
	"context"
	"errors"
	"os"
	"os/signal"
)

// There is a context only while there is a cancel function.
func commands(next func() string, run func(context.Context)) {
	var ctx context.Context
	var cancel context.CancelFunc
	for {
		switch next() {
		case "start":
			if ctx != nil {
				continue
			}
			ctx, cancel = context.WithCancel(context.Background())
			run(ctx)
		case "stop":
			if ctx == nil {
				continue
			}
			cancel()
			ctx = nil
		}
	}
}

// Who keeps it calls it in the end.
func handle(run func(context.Context, *task) error) (*task, error) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &task{kill: cancel}
	if err := run(ctx, t); err != nil {
		t.stop()
		return nil, err
	}
	return t, nil
}

type task struct{ kill context.CancelFunc }

func (t *task) stop() { t.kill() }

func untilSignal(ctx context.Context, alive func() bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt) // want "the stop function `stop` that"
	if !alive() {
		return errors.New("gone")
	}
	<-ctx.Done()
	stop()
	return nil
}
