package lookalikes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

type counter struct {
	mu    sync.Mutex
	count int
	names []string
}

// The result is read under the lock.
func (c *counter) get() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

func (c *counter) first() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names[0]
}

func (c *counter) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names)
}

func (c *counter) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
}

var (
	total int
	mu    sync.Mutex
)

func global() int {
	mu.Lock()
	fmt.Println("locked")
	defer mu.Unlock()
	return total
}

var errLater = errors.New("later")

// Somebody may assign to it meanwhile.
func globalError(f *os.File) error {
	defer f.Close()
	return errLater
}

func call(f *os.File) ([]byte, error) {
	defer f.Close()
	return io.ReadAll(f)
}

func index(f *os.File, names []string) string {
	defer f.Close()
	return names[3]
}

func division(f *os.File, a, b int) int {
	defer f.Close()
	return a / b
}

func dereference(f *os.File, p *int) int {
	defer f.Close()
	return *p
}

func assertion(f *os.File, x any) string {
	defer f.Close()
	return x.(string)
}

func receive(f *os.File, ch chan int) int {
	defer f.Close()
	return <-ch
}

func named(f *os.File) (err error) {
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	return nil
}

func namedByAddress(f *os.File) (err error) {
	defer closeInto(f, &err)
	return nil
}

func closeInto(c io.Closer, err *error) {
	if cerr := c.Close(); *err == nil {
		*err = cerr
	}
}

func recovers() {
	defer func() { recover() }()
}

// The deferred call changes what is returned.
func changed() *bytes.Buffer {
	buffer := new(bytes.Buffer)
	buffer.WriteString("x")
	defer buffer.Reset()
	return buffer
}

func changedByLiteral() int {
	n := 1
	defer func() { n = 2 }()
	return n
}

func changedElsewhere(reset *func()) int {
	n := 1
	*reset = func() { n = 0 }
	defer (*reset)()
	return n
}

func work(f *os.File) {
	defer f.Close()
	fmt.Fprintln(f, "x")
}

func assigns(f *os.File, c *counter) {
	defer f.Close()
	c.count++
}

func branches(f *os.File, quick bool) error {
	defer f.Close()
	if quick {
		return nil
	}
	return io.EOF
}

func sends(f *os.File, done chan<- bool) {
	defer f.Close()
	done <- true
}

func loops(files []*os.File) {
	for _, f := range files {
		defer f.Close()
	}
}

func unreachable(f *os.File) {
	panic("x")
	defer f.Close()
}
