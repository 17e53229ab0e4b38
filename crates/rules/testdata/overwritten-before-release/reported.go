package overwritten

import (
	"bufio"
	"net"
	"os"
)

func second(a, b string) error {
	f, err := os.Open(a) // want "overwritten"
	if err != nil {
		return err
	}
	f, err = os.Open(b)
	if err != nil {
		return err
	}
	return f.Close()
}

func lastOfLoop(paths []string) error {
	var f *os.File
	for _, path := range paths {
		var err error
		f, err = os.Create(path) // want "overwritten"
		if err != nil {
			return err
		}
	}
	return f.Close()
}

func retry(addr string) (net.Conn, error) {
	conn, err := net.Dial("tcp", addr) // want "overwritten"
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("hello")); err != nil {
		conn, err = net.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	return conn, nil
}

type journal struct {
	f    *os.File
	size int
}

func newJournal(path string) (*journal, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &journal{f: f}, nil
}

func (j *journal) Close() error { return j.f.Close() }

func (j *journal) rotate(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	j.f = f // want "`j.f` gets the file that `os.Create(…)` gives"
	j.size = 0
	return nil
}

type direct struct{ out *os.File }

func (d *direct) Open(path string) (err error) {
	d.out, err = os.Create(path)
	return err
}

func (d *direct) reopen(path string) (err error) {
	d.out, err = os.OpenFile(path, os.O_APPEND, 0o600) // want "`d.out` gets"
	return err
}

func (d *direct) Close() error {
	if d.out == nil {
		return nil
	}
	return d.out.Close()
}

// The field is used first, so something is in it.
type flushed struct{ file *os.File }

func (l *flushed) Stop() { l.file.Close() }

func (l *flushed) roll(path string) error {
	if err := l.file.Sync(); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	l.file = f // want "`l.file` gets"
	return nil
}

// Dials again and again, in a loop of its own.
type client struct{ conn net.Conn }

func (c *client) shutdown() { c.conn.Close() }

func (c *client) keepUp(addrs <-chan string) error {
	for addr := range addrs {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		c.conn = conn // want "`c.conn` gets the connection"
		if _, err := conn.Write([]byte("hello")); err != nil {
			return err
		}
	}
	return nil
}

// The loop is in another method.
type feeder struct{ src *os.File }

func (f *feeder) end() { f.src.Close() }

func (f *feeder) advance(path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	f.src = src // want "`f.src` gets"
	return nil
}

func (f *feeder) all(paths []string) (n int, err error) {
	for _, path := range paths {
		if err := f.advance(path); err != nil {
			return n, err
		}
		lines := bufio.NewScanner(f.src)
		for lines.Scan() {
			n++
		}
		if err := lines.Err(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// A deferred release in the caller comes when everything is over.
type tail struct{ log *os.File }

func (t *tail) Close() { t.log.Close() }

func (t *tail) follow(path string) error {
	log, err := os.Open(path)
	if err != nil {
		return err
	}
	t.log = log // want "`t.log` gets"
	return nil
}

func (t *tail) loop(paths []string) error {
	defer t.Close()
	for _, path := range paths {
		if err := t.follow(path); err != nil {
			return err
		}
	}
	return nil
}

type peer struct {
	addr string
	conn net.Conn
}

func dialPeer(addr string) (*peer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &peer{addr: addr}
	p.conn = conn
	return p, nil
}

func (p *peer) Close() error { return p.conn.Close() }

func (p *peer) reconnect() error {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return err
	}
	p.conn = conn // want "`p.conn` gets"
	return nil
}
