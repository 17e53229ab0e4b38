package cleanup

import (
	"context"
	"net/http"
	"time"
)

func order(parent context.Context, c client) error {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer cancel()
	defer c.Close(ctx)
	return c.Get(ctx, "a")
}

func oneLiteral(parent context.Context, c client) error {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer func() {
		c.Close(ctx)
		cancel()
	}()
	return c.Get(ctx, "a")
}

func parentInstead(parent context.Context, c client) error {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer c.Close(parent)
	defer cancel()
	return c.Get(ctx, "a")
}

func withoutCancel(parent context.Context, c client) error {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer c.Close(context.WithoutCancel(ctx))
	defer cancel()
	return c.Get(ctx, "a")
}

// Whoever cancels by hand says that the cleanup is not needed.
func byHand(parent context.Context, c client) error {
	ctx, cancel := context.WithCancel(parent)
	defer c.Close(ctx)
	err := c.Get(ctx, "a")
	cancel()
	return err
}

func fresh(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func reassigned(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	ctx = context.Background()
	return srv.Shutdown(ctx)
}

func detached(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return srv.Shutdown(last)
}

func otherCase(ctx context.Context, in chan string, c client) {
	for {
		select {
		case name := <-in:
			c.Delete(ctx, name)
		case <-ctx.Done():
			return
		}
	}
}

func afterEither(ctx context.Context, done chan bool, c client) {
	select {
	case <-ctx.Done():
	case <-done:
	}
	c.Close(ctx)
}

func otherContext(ctx, last context.Context, srv *http.Server) error {
	<-ctx.Done()
	return srv.Shutdown(last)
}

func requestContext(ctx context.Context, c client) error {
	defer c.Rollback(ctx)
	return c.Get(ctx, "a")
}

func noCleanup(ctx context.Context, c client) {
	<-ctx.Done()
	c.Get(ctx, "cause")
}

func onOnePath(parent context.Context, c client, slow bool) {
	ctx, cancel := context.WithCancel(parent)
	defer c.Close(ctx)
	if slow {
		defer cancel()
		c.Get(ctx, "a")
		return
	}
	go func() {
		time.Sleep(time.Second)
		cancel()
	}()
}

// Hard: the deferred call belongs to a context of its own.
func ownContext(parent context.Context, c client) error {
	ctx, cancel := context.WithCancel(parent)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
	}()
	defer cancel()
	return c.Get(ctx, "a")
}

// Hard: the wait is one of several, and the others come to the same call.
func merged(ctx context.Context, ticks chan int, c client) {
	for n := 0; ; n++ {
		if n > 10 {
			break
		}
		select {
		case <-ctx.Done():
		case <-ticks:
			continue
		}
		break
	}
	c.Close(ctx)
}

type job struct{ done chan bool }

func (j *job) Done() <-chan bool { return j.done }

func deleteJob(j *job) {}

// What has a Done is not always a context.
func finished(j *job) {
	<-j.Done()
	deleteJob(j)
}
