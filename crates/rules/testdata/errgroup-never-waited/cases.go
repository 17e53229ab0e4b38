package groups

import (
	"context"

	"golang.org/x/sync/errgroup"
)

func forgotten(parts []string, write func(string) error) {
	var g errgroup.Group
	for _, part := range parts {
		g.Go(func() error { return write(part) }) // want "nobody waits"
	}
}

func withLimit(parts []string, write func(string) error) {
	g := &errgroup.Group{}
	g.SetLimit(4)
	for _, part := range parts {
		g.Go(func() error { return write(part) }) // want
	}
}

func withContext(ctx context.Context, write func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return write(ctx) }) // want
	return ctx.Err()
}

// What follows is right.

func waited(parts []string, write func(string) error) error {
	var g errgroup.Group
	for _, part := range parts {
		g.Go(func() error { return write(part) })
	}
	return g.Wait()
}

func returned(write func() error) *errgroup.Group {
	g := new(errgroup.Group)
	g.Go(write)
	return g
}

func handed(write func() error, wait func(*errgroup.Group) error) error {
	var g errgroup.Group
	g.Go(write)
	return wait(&g)
}

func parameter(g *errgroup.Group, write func() error) {
	g.Go(write)
}

func inGoroutine(write func() error) chan error {
	done := make(chan error, 1)
	var g errgroup.Group
	g.Go(write)
	go func() { done <- g.Wait() }()
	return done
}

type owner struct{ g *errgroup.Group }

func (o *owner) start(write func() error) {
	g := &errgroup.Group{}
	o.g = g
	g.Go(write)
}

func told(n int, wg interface {
	Done()
	Wait()
}) {
	var g errgroup.Group
	for i := 0; i < n; i++ {
		g.Go(func() error {
			defer wg.Done()
			return nil
		})
	}
	wg.Wait()
}
