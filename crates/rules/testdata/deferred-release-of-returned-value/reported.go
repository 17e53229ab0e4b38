package dead

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func itself(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // want "`f.Close()` runs before the caller gets `f`, which is of no use then"
	if _, err := f.Seek(512, io.SeekStart); err != nil {
		return nil, err
	}
	return f, nil
}

func rowsOf(db *sql.DB) (*sql.Rows, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close() // want
	return rows, nil
}

func context1(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel() // want "`cancel()` runs before the caller gets `ctx`: `context1` always returns a cancelled context"
	return ctx
}

type session struct {
	ctx  context.Context
	conn net.Conn
	r    *bufio.Reader
}

func contextInStruct(parent context.Context) (*session, error) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel() // want
	return &session{ctx: ctx}, nil
}

func body(url string) (io.ReadCloser, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() // want "before the caller gets `resp.Body`"
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return resp.Body, nil
}

func response(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() // want "still needs `resp.Body`"
	return resp, nil
}

func reader(path string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // want "still needs `f`"
	return bufio.NewReader(f), nil
}

func unpacked(path string) (*gzip.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // want
	zr, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return zr, nil
}

func inStruct(addr string) (*session, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close() // want
	s := &session{conn: conn}
	s.r = bufio.NewReader(conn)
	return s, nil
}

func named(path string) (f *os.File, err error) {
	f, err = os.Open(path)
	if err != nil {
		return
	}
	defer f.Close() // want
	_, err = f.Stat()
	if err != nil {
		return nil, err
	}
	return
}

// The literal reads from what is closed.
func lines(path string) (func() (string, error), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // want
	return func() (string, error) {
		var b [10]byte
		n, err := f.Read(b[:])
		return string(b[:n]), err
	}, nil
}

// Both of them: the second defer is of no help.
func twice(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // want
	if strings.HasSuffix(path, ".gz") {
		zr, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		defer zr.Close() // want
		return zr, nil
	}
	return f, nil
}
