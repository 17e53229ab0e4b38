package before

// go: 1.21

import (
	"os"
	"strconv"
	"sync"
)

type conn struct{ name string }

func (c *conn) Close()      {}
func (c conn) Name() string { return c.name }
func use(int)               {}
func release(c *conn)       {}
func try() bool             { return true }

func ranged(files []*os.File) {
	for _, f := range files {
		defer func() { // want "`f` is one variable for all iterations before Go 1.22"
			f.Close()
		}()
	}
}

func keys(names []string) {
	for i := range names {
		defer func() { use(i) }() // want "each of them sees its last value"
	}
}

func threeClauses() {
	for i := 0; i < 10; i++ {
		defer func() { use(i) }() // want
	}
}

func threeClausesTwo() {
	for i, j := 0, 10; i < j; i, j = i+1, j-1 {
		defer func() { use(j) }() // want "`j` is one variable"
	}
}

func mapKeys(m map[string]int) {
	for key, value := range m {
		defer func() { // want
			println(key)
			use(value)
		}()
	}
}

func nestedLiteral(files []*os.File) {
	for _, f := range files {
		defer func() { // want
			func() { f.Close() }()
		}()
	}
}

func inABlock(files []*os.File) {
	for _, f := range files {
		if f != nil {
			switch {
			default:
				defer func() { f.Close() }() // want
			}
		}
	}
}

func outerLoop(rows [][]int) {
	for i, row := range rows {
		for range row {
			defer func() { use(i) }() // want "`i` is one variable"
		}
	}
}

func byName(files []*os.File) {
	for _, f := range files {
		closeIt := func() { f.Close() }
		defer closeIt() // want
	}
}

func pointerReceiver(conns []conn) {
	for _, c := range conns {
		defer c.Close() // want "`c` is one variable"
	}
}

func address(conns []conn) {
	for _, c := range conns {
		defer release(&c) // want
	}
}

func throughGoto(files []*os.File) {
	for _, f := range files {
		if f == nil {
			goto end
		}
		defer func() { f.Close() }() // want
	}
end:
}

func mixed(files []*os.File) {
	for i, f := range files {
		defer func(f *os.File) { // want "`i` is one variable"
			f.Close()
			use(i)
		}(f)
	}
}

func inALiteral(files []*os.File) {
	go func() {
		for _, f := range files {
			defer func() { f.Close() }() // want
		}
	}()
}

// Not shared.

func copied(files []*os.File) {
	for _, f := range files {
		f := f
		defer func() { f.Close() }()
	}
}

func argument(files []*os.File) {
	for _, f := range files {
		defer func(f *os.File) { f.Close() }(f)
	}
}

func direct(files []*os.File) {
	for _, f := range files {
		defer f.Close()
	}
}

func value(conns []conn) {
	for _, c := range conns {
		defer println(c.Name())
		defer c.Name()
	}
}

func pointers(conns []*conn) {
	for _, c := range conns {
		defer c.Close()
		defer release(c)
	}
}

func declaredInside(names []string) {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return
		}
		defer func() { f.Close() }()
	}
}

func perCall(files []*os.File) {
	for _, f := range files {
		func() {
			defer func() { f.Close() }()
		}()
	}
}

func leaves(files []*os.File) {
	for _, f := range files {
		if f != nil {
			defer func() { f.Close() }()
			return
		}
	}
}

func breaks(files []*os.File) {
	for _, f := range files {
		if f != nil {
			defer func() { f.Close() }()
			break
		}
	}
}

// The outer variable does not change any more.
func breaksOuter(rows [][]int) {
outer:
	for i, row := range rows {
		for range row {
			defer func() { use(i) }()
			if try() {
				continue
			}
		}
		break outer
	}
}

func outside(files []*os.File) {
	n := 0
	for range files {
		n++
		defer func() { use(n) }()
	}
}

func whileLoop() {
	for i := 0; try(); {
		defer func() { use(i) }()
	}
}

func spawned(files []*os.File, wg *sync.WaitGroup) {
	for _, f := range files {
		go func(f *os.File) {
			defer func() { f.Close() }()
			defer wg.Done()
		}(f)
	}
}

func afterTheLoop(names []string) {
	var last string
	for _, name := range names {
		last = name
	}
	defer func() { println(last) }()
}

func evaluated() {
	for i := 0; i < 3; i++ {
		defer use(i)
		defer println(strconv.Itoa(i))
	}
}

func sameName(files []*os.File) {
	for _, f := range files {
		defer func() {
			for _, f := range files {
				f.Close()
			}
		}()
		f.Sync()
	}
}
