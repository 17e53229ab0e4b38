package lookalikes

import (
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"
)

// The value counts when the function ends.
func reopened(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { f.Close() }()
	f, err = os.Open(path + ".2")
	return err
}

func elapsed(work func()) {
	start := time.Now()
	defer func() { log.Println(time.Since(start)) }()
	work()
}

func result() (err error) {
	defer func() { log.Println(err) }()
	return io.EOF
}

func count(work func() int) {
	n := 0
	defer func() { fmt.Println(n) }()
	n = work()
}

func countInLiteral(each func(func())) {
	n := 0
	defer func() { fmt.Println(n) }()
	each(func() { n++ })
}

// errcheck and people who read the code know that the error is ignored.
func explicit(f *os.File) {
	defer func() { _ = f.Close() }()
	fmt.Fprintln(f)
}

func two(f *os.File) {
	defer func() {
		f.Sync()
		f.Close()
	}()
	fmt.Fprintln(f)
}

func checked(f *os.File) {
	defer func() {
		if err := f.Close(); err != nil {
			log.Println(err)
		}
	}()
	fmt.Fprintln(f)
}

func withArguments(f *os.File) {
	defer func(f *os.File) { f.Close() }(f)
	fmt.Fprintln(f)
}

type server struct {
	conn io.Closer
	mu   *sync.Mutex
	name string
}

func (s *server) field() {
	defer func() { s.conn.Close() }()
	s.conn = nil
}

func (s *server) pointerField(work func()) {
	s.mu.Lock()
	defer func() { s.mu.Unlock() }()
	work()
}

func (s *server) fieldArgument(work func()) {
	defer func() { log.Println(s.name) }()
	work()
}

type point struct{ x, y int }

func (p point) show() { fmt.Println(p.x, p.y) }

// The method gets a copy, taken when it is deferred.
func copied(work func(*point)) {
	p := point{}
	defer func() { p.show() }()
	work(&p)
}

func copiedPointer(p *point, work func()) {
	defer func() { p.show() }()
	work()
}

func partly() {
	p := point{}
	defer func() { fmt.Println(p) }()
	p.x = 1
}

var hook = func() {}

func variable(work func()) {
	defer func() { hook() }()
	work()
}

var name = "x"

func variableArgument(work func()) {
	defer func() { fmt.Println(name) }()
	work()
}

func recovers(work func()) {
	defer func() { recover() }()
	work()
}

// Its recover would not work here, and would there: that is another defect.
func handles(work func()) {
	defer func() { handle() }()
	work()
}

func handle() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func panics(work func()) {
	defer func() { panic("x") }()
	work()
}

func receives(ch chan int, work func()) {
	defer func() { <-ch }()
	work()
}

func callArgument(f *os.File, work func()) {
	defer func() { os.Remove(f.Name()) }()
	work()
}

func indexArgument(names []string, work func()) {
	defer func() { fmt.Println(names[0]) }()
	work()
}

func functionField(s struct{ stop func() }, work func()) {
	defer func() { s.stop() }()
	work()
}

func empty(work func()) {
	defer func() {}()
	work()
}

func direct(f *os.File) {
	defer f.Close()
	fmt.Fprintln(f)
}
