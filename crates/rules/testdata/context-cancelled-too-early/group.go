package early

import (
	"context"

	"golang.org/x/sync/errgroup"
)

func save(ctx context.Context, n int) error { return ctx.Err() }

func afterWait(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return save(gctx, 1) })
	if err := g.Wait(); err != nil {
		return err
	}
	return save(gctx, 2) // want "`Wait` has cancelled"
}

func afterWaitSameName(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return save(ctx, 1) })
	err := g.Wait()
	if err == nil {
		err = save(ctx, 2) // want
	}
	return err
}

func afterWaitParent(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return save(gctx, 1) })
	if err := g.Wait(); err != nil {
		return err
	}
	return save(ctx, 2)
}

func beforeWait(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return save(gctx, 1) })
	if err := save(gctx, 2); err != nil {
		return err
	}
	return g.Wait()
}
