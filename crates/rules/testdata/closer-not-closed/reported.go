package closers

import (
	"bufio"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
)

// A value that keeps a file and has a Close asks for it.
type journal struct {
	file *os.File
	w    *bufio.Writer
}

func openJournal(path string) (*journal, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &journal{file: f, w: bufio.NewWriter(f)}, nil
}

func (j *journal) add(line string) error {
	_, err := j.w.WriteString(line)
	return err
}

func (j *journal) Close() error {
	return errors.Join(j.w.Flush(), j.file.Close())
}

func never(path string) error {
	j, err := openJournal(path) // want "`openJournal(…)` gives is never closed"
	if err != nil {
		return err
	}
	return j.add("x")
}

func early(path string, lines []string) error {
	j, err := openJournal(path) // want "is not closed on every path"
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := j.add(line); err != nil {
			return err
		}
	}
	return j.Close()
}

func dropped(path string) error {
	_, err := openJournal(path) // want "nothing holds"
	return err
}

type peer struct{ conn net.Conn }

func dialPeer(addr string) (*peer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &peer{}
	p.conn = conn
	return p, nil
}

func (p *peer) ping() error {
	_, err := p.conn.Write([]byte("ping"))
	return err
}

func (p *peer) Close() error { return p.conn.Close() }

func pings(addr string) error {
	p, err := dialPeer(addr) // want
	if err != nil {
		return err
	}
	return p.ping()
}

// The wrapper around the wrapper.
type session struct{ peer *peer }

func newSession(addr string) (*session, error) {
	p, err := dialPeer(addr)
	if err != nil {
		return nil, err
	}
	return &session{peer: p}, nil
}

func (s *session) Close() error { return s.peer.Close() }

func twoDeep(addr string) error {
	s, err := newSession(addr) // want
	if err != nil {
		return err
	}
	return s.peer.ping()
}

func constructorLeaks(addr string) (*session, error) {
	p, err := dialPeer(addr) // want
	if err != nil {
		return nil, err
	}
	if err := p.ping(); err != nil {
		return nil, err
	}
	return &session{peer: p}, nil
}

func rootLeft(dir string) ([]byte, error) {
	root, err := os.OpenRoot(dir) // want
	if err != nil {
		return nil, err
	}
	return root.ReadFile("config")
}

func queryOnce(dsn string) error {
	db, err := sql.Open("postgres", dsn) // want
	if err != nil {
		return err
	}
	_, err = db.Exec("select 1")
	return err
}

type rot13 struct{ io.ReadCloser }

func openRot13(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return rot13{f}, nil
}

func asInterface(path string) ([]byte, error) {
	r, err := openRot13(path) // want-types
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func perRound(paths []string) error {
	for _, path := range paths {
		j, err := openJournal(path) // want
		if err != nil {
			return err
		}
		if j.add(path) != nil {
			continue
		}
		j.Close()
	}
	return nil
}
