package derived

import (
	"context"
	"time"
)

// The later context is made of the first, and ends with it.
func narrowed(ctx context.Context, short bool, work func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if short {
		ctx, cancel = context.WithTimeout(ctx, time.Second)
	}
	return work(ctx)
}

// This one is made of the same parent.
func beside(parent context.Context, short bool, work func(context.Context) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel() // want
	if short {
		ctx, cancel = context.WithTimeout(parent, time.Second)
	}
	return work(ctx)
}
