package cancels

import (
	"time"

	"github.com/LK4D4/joincontext"
	"golang.org/x/net/context"
)

func oldPackage(parent context.Context, use func(context.Context)) {
	ctx, _ := context.WithDeadline(parent, time.Now()) // want "nothing holds"
	use(ctx)
}

func oldPackagePath(parent context.Context, use func(context.Context) error) error {
	ctx, cancel := context.WithCancel(parent) // want
	if err := use(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func joined(a, b context.Context, use func(context.Context)) {
	ctx, _ := joincontext.Join(a, b) // want
	use(ctx)
}

func joinedRight(a, b context.Context, use func(context.Context)) {
	ctx, cancel := joincontext.Join(a, b)
	defer cancel()
	use(ctx)
}
