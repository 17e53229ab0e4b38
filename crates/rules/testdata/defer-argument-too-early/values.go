package values

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

type stats struct {
	rows  int
	bytes int
	sub   struct{ n int }
}

type file struct{}

func (*file) Close() error              { return nil }
func open() (*file, error)              { return &file{}, nil }
func release(f *file)                   {}
func report(what any)                   {}
func reportAll(errs []error)            {}
func status(code int)                   {}
func setState(s string)                 {}
func next() (int, bool)                 { return 0, false }
func lock(key int)                      {}
func unlock(key int)                    {}
func (s *stats) add(n int)              { s.rows += n }
func (s *stats) init()                  { s.rows = 1 }
func setLevel(level int) (previous int) { return 0 }

func counter() {
	n := 0
	defer log.Println("rows:", n) // want "`log.Println(…)` always gets `0` for `n`"
	for {
		m, ok := next()
		if !ok {
			break
		}
		n += m
	}
}

func zeroCounter() {
	var n int
	defer fmt.Printf("%d rows\n", n) // want "always gets 0 for `n`"
	for range 10 {
		n++
	}
}

func flag() {
	ok := false
	defer report(ok) // want "`false` for `ok`"
	if _, more := next(); more {
		ok = true
	}
}

func negatedFlag() {
	failed := true
	defer report(!failed) // want "`true` for `failed`"
	if _, more := next(); more {
		failed = false
	}
}

const unknown = 0

func code() {
	code := 500
	defer status(code) // want "`500` for `code`"
	if _, more := next(); more {
		code = 200
	}
}

func text() {
	state := "failed"
	defer setState(state) // want
	if _, more := next(); more {
		state = "done"
	}
}

func collected() {
	var errs []error
	defer reportAll(errs) // want
	for range 3 {
		if f, err := open(); err != nil {
			errs = append(errs, err)
		} else {
			release(f)
		}
	}
}

func collectedEmpty() {
	errs := []error{}
	defer report(errs) // want
	errs = append(errs, os.ErrExist)
}

func length() {
	var names []string
	defer log.Println(len(names), "names") // want
	names = append(names, "x")
}

func nilPointer() error {
	var f *file
	defer release(f) // want "always gets nil for `f`"
	var err error
	f, err = open()
	return err
}

func nilChannel() {
	var done chan int
	defer close(done) // want "`close(…)` always gets nil for `done`"
	done = make(chan int)
	go func() { <-done }()
}

func structValue() {
	var s stats
	defer report(s) // want "the zero value for `s`"
	s.rows = 3
	s.bytes++
}

func structInStruct() {
	var s stats
	defer report(s) // want
	s.sub.n++
}

func structField() {
	var s stats
	defer status(s.rows) // want "the zero value for `s`"
	for range 3 {
		s.rows++
	}
}

func named() (n int) {
	defer status(n) // want
	return 5
}

func nested() {
	n := 0
	defer report(map[string]any{"rows": n + 1}) // want
	n = 4
}

func slice() {
	buf := make([]byte, 10)
	n := 0
	defer report(buf[:n]) // want
	n = 5
}

// Not too early.

func restored() {
	old := setLevel(3)
	defer setLevel(old)
	setLevel(4)
}

func restoredAtOnce() {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	report(nil)
}

func environment() {
	old := os.Getenv("A")
	defer os.Setenv("A", old)
	os.Setenv("A", "b")
	old = ""
	report(old)
}

// The path is that of the first file, as it should be.
func paths() {
	path := "a.txt"
	defer os.Remove(path)
	os.WriteFile(path, nil, 0o600)
	path = "b.txt"
	defer os.Remove(path)
	os.WriteFile(path, nil, 0o600)
}

func usedBefore() {
	path := "a.txt"
	os.WriteFile(path, nil, 0o600)
	defer os.Remove(path)
	path = "b.txt"
	os.WriteFile(path, nil, 0o600)
}

func keys() {
	key := 1
	lock(key)
	defer unlock(key)
	key = 2
	lock(key)
	defer unlock(key)
}

func descriptors() {
	fd, _ := next()
	defer unlock(fd)
	fd, _ = next()
	defer unlock(fd)
}

func elements(keys []int) {
	for i := 0; i < len(keys); i++ {
		lock(keys[i])
		defer unlock(keys[i])
	}
}

func index(keys []int) {
	i := 0
	lock(keys[i])
	defer unlock(keys[i])
	i++
	lock(keys[i])
	defer unlock(keys[i])
}

func numbers() {
	for i := 0; i < 10; i++ {
		defer fmt.Println(i)
	}
	for i := range 10 {
		defer fmt.Println(i)
	}
}

func builtUp() {
	var s stats
	s.rows = 3
	defer status(s.rows)
	s.bytes = 4
}

func builtUpByAMethod() {
	var s stats
	s.init()
	defer status(s.rows)
	s.bytes = 4
}

func pointerToStruct() {
	s := &stats{}
	defer report(s)
	s.rows = 3
}

func addressOfStruct() {
	var s stats
	defer report(&s)
	s.rows = 3
}

func methodOnPointer() {
	var s stats
	defer s.add(1)
	s.rows = 3
}

func waitGroup() {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go wg.Done()
}

func mapValue() {
	seen := map[string]bool{}
	defer report(seen)
	seen["a"] = true
}

func neverChanged() {
	n := 0
	defer status(n)
}

func sameAgain() {
	ok := false
	defer report(ok)
	if _, more := next(); more {
		ok = false
	}
}

func changedBefore() {
	n := 0
	n = 5
	defer status(n)
	report(n)
}

func newEachTime() {
	for range 3 {
		n := 0
		defer status(n)
	}
}

func branches(b bool) {
	n := 0
	if b {
		n = 3
	}
	defer status(n)
	n = 7
}

func literalUsesIt() {
	n := 0
	defer func(before int) { fmt.Println(before, n) }(n)
	n = 4
}

func fields(s *stats) {
	s.rows = 0
	defer status(s.rows)
	s.rows = 5
}

func packageVariable() {
	defer status(level)
	level = 5
}

var level = unknown

func buffer(pool *sync.Pool) {
	buf := make([]byte, 0, 64)
	defer pool.Put(buf)
	buf = append(buf, 1)
	report(buf)
}
