package closers

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
)

type journal struct {
	mu   sync.Mutex
	file *os.File
}

func openJournal(path string) (*journal, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &journal{file: f}, nil
}

func (j *journal) add(line string) error {
	_, err := j.file.WriteString(line)
	return err
}

func (j *journal) Close() error { return j.file.Close() }

func deferred(path string) error {
	j, err := openJournal(path)
	if err != nil {
		return err
	}
	defer j.Close()
	return j.add("x")
}

func joined(path string) (err error) {
	j, err := openJournal(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return j.add("x")
}

// There is nothing to close in it.
func nopCloser(s string) ([]byte, error) {
	r := io.NopCloser(strings.NewReader(s))
	return io.ReadAll(r)
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

func newBuffer() *buffer { return &buffer{} }

func harmlessClose() string {
	b := newBuffer()
	b.WriteString("x")
	return b.String()
}

func openEither(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(path)
}

func eitherClosed(path string) ([]byte, error) {
	r, err := openEither(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

type app struct {
	log *journal
	db  *sql.DB
}

func newApp(path, dsn string) (*app, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		j.Close()
		return nil, err
	}
	return &app{log: j, db: db}, nil
}

func newAppByFields(path, dsn string) (a *app, err error) {
	a = &app{}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.log, err = openJournal(path); err != nil {
		return a, err
	}
	if a.db, err = sql.Open("postgres", dsn); err != nil {
		return a, err
	}
	return a, nil
}

func (a *app) close() {
	if a.log != nil {
		a.log.Close()
	}
	if a.db != nil {
		a.db.Close()
	}
}

var handle *sql.DB

func connect(dsn string) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return err
	}
	if err := db.Ping(); err != nil {
		db.Close()
		return err
	}
	handle = db
	return nil
}

func lazily() func() *journal {
	return sync.OnceValue(func() *journal {
		j, err := openJournal("log")
		if err != nil {
			log.Fatal(err)
		}
		return j
	})
}

type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, closer := range c {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

func bundle(a, b string) (io.Closer, error) {
	first, err := openJournal(a)
	if err != nil {
		return nil, err
	}
	second, err := openJournal(b)
	if err != nil {
		return nil, errors.Join(err, first.Close())
	}
	return closers{first, second}, nil
}

func with(path string, do func(*journal) error) error {
	j, err := openJournal(path)
	if err != nil {
		return err
	}
	err = do(j)
	return errors.Join(err, j.Close())
}

func closing[C io.Closer](c C, do func(C) error) error {
	defer c.Close()
	return do(c)
}

func generic(path string) error {
	j, err := openJournal(path)
	if err != nil {
		return err
	}
	return closing(j, func(j *journal) error { return j.add("x") })
}

type registry struct{ cleanup []func() }

func (r *registry) onExit(f func()) { r.cleanup = append(r.cleanup, f) }

func registered(r *registry, path string) (*journal, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	r.onExit(func() { j.Close() })
	return j, nil
}

func registeredOnly(r *registry, path string) error {
	j, err := openJournal(path)
	if err != nil {
		return err
	}
	r.onExit(func() { j.Close() })
	return j.add("x")
}

type peer struct{ conn net.Conn }

// It does not open the connection, so it does not ask for a Close.
func newPeer(conn net.Conn) *peer { return &peer{conn: conn} }

func (p *peer) Close() error { return p.conn.Close() }

func borrowed(conn net.Conn) string {
	p := newPeer(conn)
	return p.conn.LocalAddr().String()
}

func over(addr string) (io.Closer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newPeer(conn), nil
}

func onePath(path string) error {
	j, err := openJournal(path)
	if err == nil {
		err = j.add("x")
		if cerr := j.Close(); err == nil {
			err = cerr
		}
	}
	return err
}

func cached(cache map[string]*journal, path string) (*journal, error) {
	if j, ok := cache[path]; ok {
		return j, nil
	}
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	cache[path] = j
	return j, nil
}

// What a cache gives is not the caller's.
func usesCached(cache map[string]*journal, path string) error {
	j, err := cached(cache, path)
	if err != nil {
		return err
	}
	return j.add("x")
}
