package recursion

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
)

func follow(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // want "each level"
	next, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return err
	}
	return follow(next)
}

func walk(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() // want
	names, err := d.Readdirnames(-1)
	for _, name := range names {
		if err := walk(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return err
}

type walker struct{ count int }

func (w *walker) visit(name string) {
	f, err := os.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return
	}
	defer func() { // want
		f.Close()
	}()
	w.visit(f.Name())
}

func ping(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close() // want
	return pong(addr)
}

func pong(addr string) error { return ping(addr) }

func even(name string) {
	f, err := os.Create(name)
	if err != nil {
		return
	}
	defer f.Close() // want
	odd(name + "x")
}

func odd(name string) {
	if len(name) < 100 {
		even(name)
	}
}

func retry(addr string, n int) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil
	}
	defer c.Close() // want
	if n > 0 {
		return retry(addr, n-1)
	}
	return nil
}

// Hard: the recursion stands in a switch, after other work.
func include(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // want
	for s := bufio.NewScanner(f); s.Scan(); {
		switch line := s.Text(); {
		case line == "":
			continue
		case line[0] == '@':
			if err := include(line[1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Hard: by a copy of the variable.
func copied(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	g := f
	defer g.Close() // want
	copied(name + "x")
}

func closedFirst(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	next := f.Name()
	f.Close()
	return closedFirst(next)
}

func ownFunction(name string) error {
	next, err := firstLine(name)
	if err != nil {
		return err
	}
	return ownFunction(next)
}

func firstLine(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return bufio.NewReader(f).ReadString('\n')
}

func before(name string, n int) error {
	if n > 0 {
		if err := before(name, n-1); err != nil {
			return err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return nil
}

func given(f *os.File, n int) {
	defer f.Close()
	if n > 0 {
		given(f, n-1)
	}
}

func inGoroutine(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	go inGoroutine(name + "x")
}

func inLiteral(name string) {
	func() {
		f, err := os.Open(name)
		if err != nil {
			return
		}
		defer f.Close()
	}()
	inLiteral(name + "x")
}

func (w *walker) other(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	visit(name)
}

func visit(string) {}

func noRecursion(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	closedFirst(name)
}

func counts(w *walker) {
	w.count++
	defer func() { w.count-- }()
	counts(w)
}

func lastly(name string, n int) {
	if n == 0 {
		f, err := os.Open(name)
		if err != nil {
			return
		}
		defer f.Close()
		return
	}
	lastly(name, n-1)
}

type reader interface{ Close() error }

func wrapped(r reader, n int) {
	defer r.Close()
	if n > 0 {
		wrapped(r, n-1)
	}
}

// Hard: a function value of the same name.
func shadow(name string, shadow func(string)) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	shadow(name)
}

// Hard: a method of the same name on another type.
type leaf struct{}

func (leaf) open(string) {}

func (w *walker) open(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	leaf{}.open(name)
}
