package copies

import "fmt"

func use(...any) {}

type stats struct {
	lines, bytes int
	inner        struct{ n int }
	name         string
}

func (s stats) Report()          { fmt.Println(s.lines, s.bytes) }
func (s stats) Inner()           { fmt.Println(s.inner.n) }
func (s stats) Name()            { fmt.Println("name", s.name) }
func (s *stats) Print()          { fmt.Println(s.lines) }
func (s stats) restore()         { fmt.Println(s.lines) }
func (s stats) Log(text string)  { fmt.Println(text, s.lines) }
func (stats) Nothing()           {}
func (s *stats) add(line string) { s.lines++ }

type wrapper struct{ st stats }

func count(lines []string) {
	var st stats
	defer st.Report() // want "`Report` gets a copy of `st` that is made here, so it does not see what is assigned to `st.lines` later"
	for _, line := range lines {
		st.lines++
		st.bytes += len(line)
	}
}

func assigned() {
	st := stats{}
	defer st.Name() // want "`st.name`"
	st.name = "x"
}

func deeper() {
	st := stats{}
	defer st.Inner() // want "`st.inner.n`"
	st.inner.n = 3
}

func withArgument() {
	st := stats{}
	defer st.Log("done") // want
	st.lines = 3
}

func throughPointer(st *stats) {
	defer st.Report() // want "a copy of `st`"
	st.lines = 3
}

func ofField(w *wrapper) {
	defer w.st.Report() // want "`w.st.lines`"
	w.st.lines++
}

func ofEmbedded(lines []string) {
	type counter struct {
		stats
	}
	c := counter{}
	c.lines = len(lines)
	defer c.stats.Report() // want
	c.stats.bytes = 3
}

// The copy has all that it needs.

func pointerReceiver() {
	var st stats
	defer st.Print()
	st.lines++
}

func before() {
	var st stats
	st.lines = 3
	defer st.Report()
	use(st)
}

func otherField() {
	var st stats
	defer st.Name()
	st.lines++
}

func readsNothing() {
	var st stats
	defer st.Nothing()
	st.lines++
}

func inLiteral() {
	var st stats
	defer func() { st.Report() }()
	st.lines++
}

func snapshot() {
	var st stats
	defer st.restore()
	st.lines++
}

func otherVariable(a, b *stats) {
	defer a.Report()
	b.lines++
}

func newEachRound(n int) {
	for range n {
		func() {
			var st stats
			st.lines = n
			defer st.Report()
		}()
	}
	for range n {
		st := stats{}
		st.lines = n
		defer st.Report()
	}
}

func onlyRead(st stats) {
	defer st.Report()
	use(st.lines)
}

func throughInterface(r interface{ Report() }) {
	defer r.Report()
	use(r)
}
