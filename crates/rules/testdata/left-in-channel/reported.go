package channels

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/http"
	"os"
	"time"
)

type result struct {
	conn net.Conn
	err  error
}

func buffered(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr) // want "stays in the channel"
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
		return nil, ctx.Err()
	}
}

func inStruct(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan result, 1)
	go func() {
		c, err := net.Dial("tcp", addr) // want
		ch <- result{c, err}
	}()
	select {
	case r := <-ch:
		return r.conn, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func unbuffered(path string) (*os.File, error) {
	ch := make(chan *os.File)
	go func() {
		f, err := os.Open(path) // want
		if err != nil {
			return
		}
		ch <- f
	}()
	select {
	case f := <-ch:
		return f, nil
	case <-time.After(time.Second):
		return nil, errors.New("timeout")
	}
}

type response struct {
	resp *http.Response
	err  error
}

func do(ctx context.Context, req *http.Request) (*http.Response, error) {
	result := make(chan response, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req) // want-types
		result <- response{resp, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		return r.resp, r.err
	}
}

func inSelect(ctx context.Context, addr string) (net.Conn, error) {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr) // want
		if err != nil {
			return
		}
		select {
		case ch <- c:
		default:
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

func transaction(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	ch := make(chan *sql.Tx, 1)
	go func() {
		tx, err := db.Begin() // want
		if err != nil {
			close(ch)
			return
		}
		ch <- tx
	}()
	select {
	case tx := <-ch:
		return tx, nil
	case <-ctx.Done():
	}
	return nil, ctx.Err()
}

func orDefault(addr string) net.Conn {
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := net.Dial("tcp", addr) // want
		if err == nil {
			ch <- c
		}
	}()
	time.Sleep(time.Second)
	select {
	case c := <-ch:
		return c
	default:
		return nil
	}
}

func stopped(addr string, stop chan bool) (net.Listener, error) {
	ch := make(chan net.Listener, 1)
	go func() {
		l, err := net.Listen("tcp", addr) // want
		if err != nil {
			return
		}
		ch <- l
	}()
	for {
		select {
		case l := <-ch:
			return l, nil
		case <-stop:
			return nil, errors.New("stopped")
		case <-time.After(time.Second):
		}
	}
}
