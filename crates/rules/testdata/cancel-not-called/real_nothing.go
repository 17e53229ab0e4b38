package cancels

import (
	"context"
	"time"
)

// Without a limit there is nothing to stop.
func limited(ctx context.Context, limit time.Duration) (context.Context, func()) {
	if limit == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	return ctx, cancel
}

func ask(ctx context.Context, limit time.Duration, send func(context.Context) error) error {
	ctx, stop := limited(ctx, limit)
	if err := send(ctx); err != nil {
		stop()
		return err
	}
	return nil
}
