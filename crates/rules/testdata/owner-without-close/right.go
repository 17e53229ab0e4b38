package owners

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
)

type closes struct{ f *os.File }

func newCloses(path string) (*closes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &closes{f: f}, nil
}

func (c *closes) Close() error { return c.f.Close() }

type closedElsewhere struct{ file *os.File }

func newClosedElsewhere(path string) (*closedElsewhere, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &closedElsewhere{file: f}, nil
}

func finish(c *closedElsewhere) { c.file.Close() }

type getter struct{ handle *os.File }

func newGetter(path string) (*getter, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &getter{handle: f}, nil
}

func (g *getter) File() *os.File { return g.handle }

type embedded struct{ *os.File }

func newEmbedded(path string) (*embedded, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &embedded{f}, nil
}

type Exported struct{ Out *os.File }

func NewExported(path string) (*Exported, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &Exported{Out: f}, nil
}

type byHelper struct{ inner net.Conn }

func newByHelper(addr string) (*byHelper, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &byHelper{inner: c}, nil
}

func (b *byHelper) Close() { closeAll(b.inner) }

func closeAll(list ...io.Closer) {
	for _, c := range list {
		c.Close()
	}
}

type inLoop struct{ parts []*os.File }

func (l *inLoop) add(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	l.parts = append(l.parts, f)
	return nil
}

func (l *inLoop) Close() {
	for _, f := range l.parts {
		f.Close()
	}
}

type deferredClose struct{ listener net.Listener }

func (d *deferredClose) run(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	d.listener = l
	defer l.Close()
	_, err = l.Accept()
	return err
}

type methodValue struct {
	res  *os.File
	stop func() error
}

func newMethodValue(path string) (*methodValue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m := &methodValue{res: f}
	m.stop = m.res.Close
	return m, nil
}

type memory struct{ buf *bytes.Buffer }

func newMemory() *memory { return &memory{buf: new(bytes.Buffer)} }

type borrower struct{ from *os.File }

func newBorrower(f *os.File) *borrower { return &borrower{from: f} }

func (b *borrower) line() (string, error) { return bufio.NewReader(b.from).ReadString('\n') }

type assigned struct{ log *os.File }

func (a *assigned) open(path string) (err error) {
	a.log, err = os.Create(path)
	return err
}

func (a *assigned) Close() error {
	log := a.log
	a.log = nil
	return log.Close()
}

type onInterface struct{ w io.WriteCloser }

func newOnInterface(path string) (*onInterface, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &onInterface{w: f}, nil
}

func (o *onInterface) Shutdown() { o.w.Close() }

type cleaned struct{ door net.Listener }

func newCleaned(addr string, cleanup func(func())) (*cleaned, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	cleanup(func() { l.Close() })
	return &cleaned{door: l}, nil
}
