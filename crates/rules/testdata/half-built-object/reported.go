package objects

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
)

type journal struct {
	f    *os.File
	size int64
	r    *bufio.Reader
}

func (j *journal) load() error {
	info, err := j.f.Stat()
	if err == nil {
		j.size = info.Size()
	}
	return err
}

func (j *journal) header() error {
	var h [8]byte
	_, err := io.ReadFull(j.f, h[:])
	if err != nil {
		return err
	}
	return j.check(h[:])
}

func (j *journal) check(h []byte) error {
	if binary.BigEndian.Uint64(h) != 1 {
		return errors.New("bad header")
	}
	return nil
}

func (j *journal) Close() error { return j.f.Close() }

func openJournal(path string) (*journal, error) {
	f, err := os.Open(path) // want "dropped with the object"
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

func openDeep(path string) (*journal, error) {
	f, err := os.Open(path) // want
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.header(); err != nil {
		return nil, err
	}
	return j, nil
}

func openValue(path string) (journal, error) {
	var j journal
	f, err := os.Open(path) // want
	if err != nil {
		return journal{}, err
	}
	j.f = f
	if err := j.load(); err != nil {
		return journal{}, err
	}
	return j, nil
}

func intoField(path string) (*journal, error) {
	j := new(journal)
	var err error
	j.f, err = os.Open(path) // want
	if err != nil {
		return nil, err
	}
	if err = j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

type client struct {
	conn net.Conn
	w    *bufio.Writer
}

func (c *client) hello(name string) error {
	if _, err := c.w.WriteString(name); err != nil {
		return err
	}
	return c.w.Flush()
}

func dial(addr, name string) (*client, error) {
	conn, err := net.Dial("tcp", addr) // want
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, w: bufio.NewWriter(conn)}
	if err := c.hello(name); err != nil {
		return nil, err
	}
	return c, nil
}

func dialTwo(a, b string) (x, y *client, err error) {
	// The error takes the object's place in the result, and conn-not-closed speaks of it.
	conn, err := net.Dial("tcp", a)
	if err != nil {
		return nil, nil, err
	}
	x = &client{conn: conn}
	other, err := net.Dial("tcp", b)
	if err != nil {
		return nil, nil, err
	}
	y = &client{conn: other}
	return x, y, nil
}

type pair struct{ in, out *os.File }

func openPair(a, b string) (*pair, error) {
	p := &pair{}
	in, err := os.Open(a) // want
	if err != nil {
		return nil, err
	}
	p.in = in
	p.out, err = os.Create(b)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func withCheck(path string, min int64) (*journal, error) {
	f, err := os.Open(path) // want
	if err != nil {
		return nil, err
	}
	j := &journal{f: f, size: 10}
	if j.size < min {
		return nil, errors.New("too small")
	}
	return j, nil
}
