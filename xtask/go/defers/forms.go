package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// sink keeps calls from being folded away.
var sink int

//go:noinline
func use(n int) { sink += n }

func note() { use(1) }

type lock struct {
	mu    sync.Mutex
	inner *lock
}

func (l *lock) add(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return sink + n
}

func (l lock) byValue() { use(2) }

type closer interface{ Close() error }

func static() {
	defer note()
	use(3)
}

func eight() {
	defer use(1)
	defer use(2)
	defer use(3)
	defer use(4)
	defer use(5)
	defer use(6)
	defer use(7)
	defer use(8)
	use(9)
}

func nine() {
	defer use(1)
	defer use(2)
	defer use(3)
	defer use(4)
	defer use(5)
	defer use(6)
	defer use(7)
	defer use(8)
	defer use(9)
}

func twoOnALine(n int) { defer use(n); defer use(n + 1) }

func conditional(a, b, c bool, l *lock) (err error) {
	if a {
		defer note()
	}
	if b {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("recovered: %v", r)
			}
		}()
	}
	if c {
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	use(1)
	return nil
}

func manyReturns(n int) int {
	defer use(n)
	defer use(n + 1)
	defer use(n + 2)
	defer use(n + 3)
	use(n)
	if n == sink {
		return sink
	}
	if n > sink+3 {
		return n * sink
	}
	if n > sink+4 {
		return n - sink
	}
	use(5)
	return n ^ sink
}

func inLoop(files []string) {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		defer f.Close()
	}
	defer note()
}

func byGoto(n int) {
again:
	use(n)
	defer use(n)
	if n--; n > 0 {
		goto again
	}
}

func nested(n int) {
	defer func() {
		defer func() {
			defer use(n)
			recover()
		}()
		use(n)
	}()
	func() {
		for i := 0; i < n; i++ {
			defer use(i)
		}
	}()
	go func() {
		defer note()
		use(n)
	}()
}

func acrossLines(
	first int,
	second int,
) {
	defer func(
		a int,
		b int,
	) {
		use(a + b)
	}(
		first,
		second,
	)
	defer fmt.
		Println(
			first,
		)
	use(first)
}

func nilFunction() {
	var f func()
	defer f()
	use(1)
}

func parameter(f func(), c closer, l *lock) {
	defer f()
	defer c.Close()
	defer l.inner.byValue()
	defer l.mu.Unlock()
	defer delete(map[int]int{sink: 1}, 1)
	defer panic(errors.New("at the end"))
	use(1)
}

func large(n int) int {
	var room [70000]byte
	defer func() { room[n]++; use(int(room[0])) }()
	for i := range room {
		room[i] = byte(n + i)
	}
	defer use(int(room[n]))
	return int(room[n/2])
}

func withResults(n int) (a, b int, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = errors.Join(err, fmt.Errorf("%v", recovered))
		}
	}()
	if n > 3 {
		return n, n, nil
	}
	return 0, 0, errors.New("small")
}

const never = false

func dead(n int) {
	if never {
		defer use(1)
	}
	if n > 0 {
		defer use(2)
	}
	use(3)
}

func inlinedTest() bool { return false }

func deadAfterInlining(n int) {
	if inlinedTest() {
		defer use(1)
	}
	defer use(n)
	use(3)
}

// small is inlined, with the closure in it: what the closure defers is compiled again there.
func small(n int) func() {
	return func() {
		defer use(n)
		use(n + 1)
	}
}

func generic[T any](v T, f func(T)) {
	defer f(v)
	func() {
		defer func() {
			recover()
			f(v)
		}()
	}()
}

type box[T any] struct{ value T }

func (b *box[T]) with(f func(T)) {
	defer f(b.value)
	for i := 0; i < sink; i++ {
		defer f(b.value)
	}
}

func handler() {
	if r := recover(); r != nil {
		use(1)
	}
}

func guarded() {
	defer handler()
	use(2)
}

func exits(n int) {
	defer note()
	if n > 1 {
		os.Exit(1)
	}
	select {}
}

//line generated.tmpl:100
func fromTemplate(n int) {
	defer use(n)
	use(1)
}

//line forms.go:1000
func forms(n int) {
	var l lock
	l.add(n)
	static()
	eight()
	nine()
	twoOnALine(n)
	use(len(fmt.Sprint(conditional(n > 1, n > 2, n > 3, &l))))
	manyReturns(n)
	inLoop(os.Args)
	byGoto(n)
	nested(n)
	acrossLines(n, n)
	large(n)
	withResults(n)
	dead(n)
	deadAfterInlining(n)
	small(n)()
	f := small(n + 1)
	generic(n, use)
	generic("a", func(s string) { use(len(s)) })
	generic(&l, func(*lock) { f() })
	(&box[int]{n}).with(use)
	(&box[string]{"a"}).with(func(s string) { use(len(s)) })
	guarded()
	fromTemplate(n)
	if n > 100 {
		nilFunction()
		parameter(f, os.Stdin, &l)
		exits(n)
	}
}
