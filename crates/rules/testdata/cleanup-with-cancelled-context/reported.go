package cleanup

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"time"
)

type client struct{}

func (client) Close(context.Context) error          { return nil }
func (client) Delete(context.Context, string) error { return nil }
func (client) Get(context.Context, string) error    { return nil }
func (client) Rollback(context.Context) error       { return nil }

func lifo(parent context.Context, c client) error {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer c.Close(ctx) // want "is cancelled already"
	defer cancel()
	return c.Get(ctx, "a")
}

func lifoLiteral(parent context.Context, c client) error {
	ctx, cancel := context.WithCancel(parent)
	defer func() { // want "`c.Delete(…)`"
		if err := c.Delete(ctx, "a"); err != nil {
			println(err)
		}
	}()
	defer cancel()
	return c.Get(ctx, "a")
}

func serve(ctx context.Context, srv *http.Server) error {
	go srv.ListenAndServe()
	<-ctx.Done()
	return srv.Shutdown(ctx) // want "only after the end of `ctx`"
}

func derived(ctx context.Context, srv *http.Server) error {
	go srv.ListenAndServe()
	<-ctx.Done()
	last, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return srv.Shutdown(last) // want
}

func inGoroutine(ctx context.Context, srv *http.Server) error {
	go func() {
		<-ctx.Done()
		srv.Shutdown(ctx) // want
	}()
	return srv.ListenAndServe()
}

func inSelect(ctx context.Context, in chan string, c client) {
	for {
		select {
		case name := <-in:
			c.Get(ctx, name)
		case <-ctx.Done():
			c.Delete(ctx, "lease") // want
			return
		}
	}
}

func signals(srv *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go srv.ListenAndServe()
	<-ctx.Done()
	stop()
	return srv.Shutdown(ctx) // want
}

func cleanup(ctx context.Context, c client) {
	c.Delete(ctx, "a")
}

func deferredByName(ctx context.Context, c client) {
	ctx, cancel := context.WithCancel(ctx)
	defer cleanup(ctx, c) // want
	defer cancel()
	c.Get(ctx, "a")
}

// Hard: both ways to the end cancel first, each in its way.
func bothWays(parent context.Context, c client, slow bool) {
	ctx, cancel := context.WithCancel(parent)
	defer c.Rollback(ctx) // want
	if slow {
		defer cancel()
		c.Get(ctx, "a")
		return
	}
	defer func() {
		cancel()
	}()
}

// Hard: a value on top of a limit on top of the context that has ended.
func derivedTwice(ctx context.Context, srv *http.Server) {
	<-ctx.Done()
	last, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	named := context.WithValue(last, "k", 1)
	srv.Shutdown(named) // want
}
