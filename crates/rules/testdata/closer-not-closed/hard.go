package closers

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// A reader that closes both.
type gzipFile struct {
	*gzip.Reader
	file *os.File
}

func openGzip(path string) (*gzipFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &gzipFile{z, f}, nil
}

func (g *gzipFile) Close() error {
	return errors.Join(g.Reader.Close(), g.file.Close())
}

func firstLine(path string) (string, error) {
	g, err := openGzip(path) // want
	if err != nil {
		return "", err
	}
	return bufio.NewReader(g).ReadString('\n')
}

func firstLineClosed(path string) (string, error) {
	g, err := openGzip(path)
	if err != nil {
		return "", err
	}
	defer g.Close()
	return bufio.NewReader(g).ReadString('\n')
}

// Options set a field after the literal.
type conn struct {
	net.Conn
	name string
}

type option func(*conn)

func dial(addr string, options ...option) (*conn, error) {
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw}
	for _, set := range options {
		set(c)
	}
	return c, nil
}

func named(name string) option { return func(c *conn) { c.name = name } }

func greets(addr string) error {
	c, err := dial(addr, named("greeter")) // want-types
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c, c.name)
	return err
}

func greetsClosed(addr string) (err error) {
	c, err := dial(addr, named("greeter"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, err = fmt.Fprintln(c, c.name)
	return err
}

// The pool keeps it, so whoever gets one puts it back.
type pool struct{ free []*conn }

func (p *pool) get(addr string) (*conn, error) {
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c, nil
	}
	return dial(addr)
}

func (p *pool) put(c *conn) { p.free = append(p.free, c) }

func pooled(p *pool, addr string) error {
	c, err := p.get(addr)
	if err != nil {
		return err
	}
	defer p.put(c)
	_, err = fmt.Fprintln(c)
	return err
}

type node struct {
	conns map[string]*conn
}

func (n *node) connect(addrs []string) (err error) {
	n.conns = make(map[string]*conn)
	for _, addr := range addrs {
		if n.conns[addr], err = dial(addr); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) Close() (err error) {
	for _, c := range n.conns {
		err = errors.Join(err, c.Close())
	}
	return err
}

// It holds nothing that must be closed.
type counter struct {
	r io.Reader
	n int
}

func newCounter(s string) *counter { return &counter{r: strings.NewReader(s)} }

func (c *counter) Close() error { return nil }

func counts() int {
	c := newCounter("x")
	return c.n
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

func asFunc(path string) (io.Closer, error) {
	g, err := openGzip(path)
	if err != nil {
		return nil, err
	}
	return closerFunc(g.Close), nil
}

func asFuncForgotten(path string) error {
	c, err := asFunc(path) // want-types
	if err != nil {
		return err
	}
	_ = c
	return nil
}

// Each sees the one before.
func layered(path string) (r io.ReadCloser, err error) {
	g, err := openGzip(path)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{bufio.NewReader(g), g}, nil
}

func deferredInLoop(paths []string) error {
	for _, path := range paths {
		err := func() error {
			g, err := openGzip(path)
			if err != nil {
				return err
			}
			defer g.Close()
			_, err = io.Copy(io.Discard, g)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

func assertion(path string) error {
	r, err := layered(path)
	if err != nil {
		return err
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close()
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

func assertionOfReader(path string) error {
	var r io.Reader
	r, err := layered(path)
	if err != nil {
		return err
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close()
	}
	_, err = io.Copy(io.Discard, r)
	return err
}
