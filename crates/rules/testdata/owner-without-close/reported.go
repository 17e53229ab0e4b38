package owners

import (
	"io"
	"net"
	"os"
)

// It has no method that closes.
type logger struct {
	out  *os.File
	name string
}

func newLogger(path string) (*logger, error) {
	f, err := os.Create(path) // want "has no method that closes it"
	if err != nil {
		return nil, err
	}
	return &logger{out: f, name: path}, nil
}

func (l *logger) print(text string) {
	io.WriteString(l.out, text)
}

// Its Close forgets one.
type journal struct {
	data  *os.File
	guard *os.File
}

func openJournal(dir string) (*journal, error) {
	guard, err := os.Create(dir + "/lock") // want "`journal.Close` forgets"
	if err != nil {
		return nil, err
	}
	data, err := os.Open(dir + "/journal")
	if err != nil {
		guard.Close()
		return nil, err
	}
	return &journal{data: data, guard: guard}, nil
}

func (j *journal) Close() error { return j.data.Close() }

// Its Stop stops only the goroutine.
type rotator struct {
	current *os.File
	stopped chan bool
}

func newRotator(path string) (*rotator, error) {
	r := &rotator{stopped: make(chan bool)}
	f, err := os.Create(path) // want "`rotator.Stop` forgets"
	if err != nil {
		return nil, err
	}
	r.current = f
	return r, nil
}

func (r *rotator) Write(p []byte) (int, error) { return r.current.Write(p) }
func (r *rotator) Stop()                       { close(r.stopped) }

// A method opens it.
type sink struct {
	peer net.Conn
}

func (s *sink) connect(addr string) error {
	c, err := net.Dial("udp", addr) // want
	if err != nil {
		return err
	}
	s.peer = c
	return nil
}

func (s *sink) send(p []byte) error {
	_, err := s.peer.Write(p)
	return err
}

type listening struct {
	socket net.Listener
}

func listen(addr string) (*listening, error) {
	l, err := net.Listen("tcp", addr) // want
	if err != nil {
		return nil, err
	}
	return &listening{socket: l}, nil
}

func (l *listening) addr() string { return l.socket.Addr().String() }

type directly struct{ source *os.File }

func (d *directly) open(path string) (err error) {
	d.source, err = os.Open(path) // want
	return err
}

func (d *directly) size() int64 {
	info, err := d.source.Stat()
	if err != nil || d.source == nil {
		return 0
	}
	return info.Size()
}

type several struct {
	first, second *os.File
}

func openSeveral(a, b string) (*several, error) {
	x, err := os.Open(a) // want
	if err != nil {
		return nil, err
	}
	y, err := os.Open(b) // want
	if err != nil {
		x.Close()
		return nil, err
	}
	return &several{first: x, second: y}, nil
}

func (s *several) read(p []byte) (int, error) {
	if n, err := s.first.Read(p); err == nil {
		return n, nil
	}
	return s.second.Read(p)
}
