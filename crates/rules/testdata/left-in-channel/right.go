package channels

import (
	"context"
	"net"
	"os"
	"time"
)

func alwaysReceived(addr string) net.Conn {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			close(ch)
			return
		}
		ch <- c
	}()
	return <-ch
}

func drained(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			close(ch)
			return
		}
		ch <- c
	}()
	select {
	case c := <-ch:
		return c, nil
	case <-ctx.Done():
		go func() {
			if c := <-ch; c != nil {
				c.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

func drainedLater(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan net.Conn, 1)
	go func() {
		c, _ := net.Dial("tcp", addr)
		ch <- c
	}()
	select {
	case c := <-ch:
		return c, nil
	case <-ctx.Done():
		if c := <-ch; c != nil {
			c.Close()
		}
		return nil, ctx.Err()
	}
}

func sendsOrCloses(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan net.Conn)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		select {
		case ch <- c:
		case <-ctx.Done():
			c.Close()
		}
	}()
	select {
	case c := <-ch:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func goesRoundAgain(addr string, tick <-chan time.Time) net.Conn {
	ch := make(chan net.Conn, 1)
	go func() {
		c, _ := net.Dial("tcp", addr)
		ch <- c
	}()
	for {
		select {
		case c := <-ch:
			return c
		case <-tick:
		}
	}
}

func ofCaller(ctx context.Context, addr string, ch chan net.Conn) {
	go func() {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			ch <- c
		}
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

func returned(addr string) <-chan net.Conn {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			ch <- c
		}
	}()
	return ch
}

func handedOn(ctx context.Context, addr string, serve func(chan net.Conn)) {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			ch <- c
		}
	}()
	go serve(ch)
	<-ctx.Done()
}

func onlyErrors(ctx context.Context, path string) error {
	errs := make(chan error, 1)
	go func() {
		f, err := os.Open(path)
		if err == nil {
			err = f.Close()
		}
		errs <- err
	}()
	select {
	case err := <-errs:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func deferredDrain(ctx context.Context, addr string) error {
	ch := make(chan net.Conn, 1)
	defer func() {
		for c := range ch {
			c.Close()
		}
	}()
	go func() {
		defer close(ch)
		c, err := net.Dial("tcp", addr)
		if err == nil {
			ch <- c
		}
	}()
	select {
	case c := <-ch:
		return c.Close()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func cleansUp(ctx context.Context, addr string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err = net.Dial("tcp", addr)
	}()
	select {
	case <-done:
		return conn, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func sameFunction(addr string) (net.Conn, error) {
	ch := make(chan net.Conn, 1)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	ch <- c
	select {
	case c := <-ch:
		return c, nil
	default:
		return nil, nil
	}
}
