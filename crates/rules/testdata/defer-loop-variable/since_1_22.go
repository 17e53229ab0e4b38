package since

import "os"

type conn struct{}

func (c *conn) Close() {}
func use(int)          {}

func ranged(files []*os.File) {
	for _, f := range files {
		defer func() { f.Close() }()
	}
}

func threeClauses() {
	for i := 0; i < 10; i++ {
		defer func() { use(i) }()
	}
}

func pointerReceiver(conns []conn) {
	for _, c := range conns {
		defer c.Close()
	}
}

// These loops have no variable of their own, in any version.

func assigned(files []*os.File) {
	var f *os.File
	for _, f = range files {
		defer func() { f.Close() }() // want "`f` is declared outside of the loop and shared by all iterations"
	}
}

func assignedThreeClauses() {
	var i int
	for i = 0; i < 10; i++ {
		defer func() { use(i) }() // want "`i` is declared outside of the loop"
	}
}

func assignedKey(m map[int]bool) {
	var key int
	for key = range m {
		defer func() { use(key) }() // want
	}
}

func assignedToField(files []*os.File) {
	var s struct{ f *os.File }
	for _, s.f = range files {
		defer s.f.Close()
	}
}

func assignedAndCopied(files []*os.File) {
	var f *os.File
	for _, f = range files {
		g := f
		defer func() { g.Close() }()
	}
}

func assignedAndLeft(files []*os.File) {
	var f *os.File
	for _, f = range files {
		if f != nil {
			defer func() { f.Close() }()
			break
		}
	}
}
