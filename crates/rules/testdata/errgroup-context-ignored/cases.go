package groups

import (
	"context"

	"golang.org/x/sync/errgroup"
)

func thrownAway(ctx context.Context, urls []string, fetch func(context.Context, string) error) error {
	g, _ := errgroup.WithContext(ctx)
	for _, url := range urls {
		g.Go(func() error { return fetch(ctx, url) }) // want "is not cancelled"
	}
	return g.Wait()
}

func parentUsed(ctx context.Context, urls []string, fetch func(context.Context, string) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(ctx, urls[0]) }) // want
	g.Go(func() error { return fetch(gctx, urls[1]) })
	return g.Wait()
}

func parentInSelect(ctx context.Context, jobs <-chan int, work func(int) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case job := <-jobs:
			return work(job)
		case <-ctx.Done(): // want
			return ctx.Err()
		}
	})
	<-gctx.Done()
	return g.Wait()
}

// What follows is right.

func shadowed(ctx context.Context, urls []string, fetch func(context.Context, string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, url := range urls {
		g.Go(func() error { return fetch(ctx, url) })
	}
	return g.Wait()
}

func groupUsed(ctx context.Context, fetch func(context.Context) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	return fetch(ctx)
}

func bothOnPurpose(ctx context.Context, fetch func(context.Context) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-gctx.Done()
		return fetch(ctx)
	})
	return g.Wait()
}

func noContextInTasks(ctx context.Context, f func() error) error {
	g, _ := errgroup.WithContext(ctx)
	g.Go(f)
	g.Go(func() error { return f() })
	return g.Wait()
}

func assigned(ctx context.Context, fetch func(context.Context) error) error {
	var g *errgroup.Group
	g, ctx = errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(ctx) })
	return g.Wait()
}
