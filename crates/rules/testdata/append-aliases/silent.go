package aliases

import (
	"io"
	"slices"
)

func givenBack(list []int, i int) []int {
	list = append(list[:i], list[i+1:]...)
	return list
}

func (j *job) givenBackToField(i int) []int {
	j.next = append(j.next[:i], j.next[i+1:]...)
	return j.next
}

func returned(list []int, i int) []int {
	return append(list[:i], list[i+1:]...)
}

func limited(names []string, i int) ([]string, []string) {
	rest := append(names[:i:i], names[i+1:]...)
	return rest, names
}

func filtered(list []int) []int {
	out := list[:0]
	for _, n := range list {
		if n > 0 {
			out = append(out, n)
		}
	}
	return out
}

func filteredAndCleared(list []*job) []*job {
	out := list[:0]
	for _, j := range list {
		if j != nil {
			out = append(out, j)
		}
	}
	clear(list[len(out):])
	return out
}

func copied(list []int, i int) ([]int, []int) {
	rest := append([]int(nil), list[:i]...)
	rest = append(rest, list[i+1:]...)
	return rest, list
}

func cloned(list []int, i int) ([]int, []int) {
	return append(slices.Clone(list[:i]), list[i+1:]...), list
}

func leavesAfterwards(list []int, value int) []int {
	for i, n := range list {
		if n == value {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

func onlyTheHead(list []int, n int) ([]int, []int) {
	longer := append(list[:n], 1)
	return longer, list[:n]
}

func onlyTheLength(list []int, n int) ([]int, int) {
	longer := append(list[:n], 1)
	return longer, len(list)
}

func readBefore(list []int, n int) []int {
	last := list[n]
	longer := append(list[:n], 1)
	return append(longer, last)
}

func assignedAnew(list []int, n int) ([]int, []int) {
	longer := append(list[:n], 1)
	list = []int{1, 2}
	return longer, list
}

func wholeLength(list []int) ([]int, []int) {
	longer := append(list[:len(list)], 1)
	return longer, list
}

func buffer(r io.Reader) ([]string, error) {
	var lines []string
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		line := append(buf[:n], '\n')
		lines = append(lines, string(line))
		if err != nil {
			return lines, err
		}
	}
}

func scratch(keys []int) {
	buf := make([]int, 0, 16)
	for _, key := range keys {
		buf2 := append(buf[:0], key)
		use(len(buf2))
	}
}

func ofArray(n int) ([]byte, [8]byte) {
	var array [8]byte
	part := append(array[:n], 'x')
	return part, array
}

// A literal has no room: each append copies.
func fromLiteral() ([]string, []string) {
	base := []string{"run"}
	first := append(base, "a")
	second := append(base, "b")
	return first, second
}

func fromMake(n int) ([]int, []int) {
	base := make([]int, n)
	first := append(base, 1)
	second := append(base, 2)
	return first, second
}

func fromMakeWithCapacity(n int) ([]int, []int) {
	base := make([]int, n, n)
	first := append(base, 1)
	second := append(base, 2)
	return first, second
}

func fromNothing() ([]int, []int) {
	var base []int
	first := append(base, 1)
	second := append(base, 2)
	return first, second
}

func clipped(names []string) ([]string, []string) {
	var base []string
	for _, name := range names {
		base = append(base, name)
	}
	base = slices.Clip(base)
	first := append(base, "a")
	second := append(base, "b")
	return first, second
}

func oneOrTheOther(names []string, ok bool) []string {
	base := make([]string, 0, 10)
	if ok {
		return append(base, names[0])
	}
	return append(base, names[1])
}

func usedBefore(names []string) {
	base := make([]string, 0, 10)
	first := append(base, names[0])
	use(first)
	second := append(base, names[1])
	use(second)
}

func sameVariable(names []string) []string {
	base := make([]string, 0, 10)
	args := append(base, names[0])
	use(args)
	args = append(base, names[1])
	return args
}

func ofTheRound(targets []string) [][]string {
	var all [][]string
	for _, target := range targets {
		args := make([]string, 0, 8)
		args = append(args, "-o")
		all = append(all, append(args, target))
	}
	return all
}

func usedInRound(targets []string) {
	args := make([]string, 1, 8)
	for _, target := range targets {
		use(len(append(args, target)))
	}
}

func spreadInRound(targets []string) []string {
	args := make([]string, 1, 8)
	var all []string
	for _, target := range targets {
		all = append(all, append(args, target)...)
	}
	return all
}

func copyInRound(targets []string) [][]string {
	args := make([]string, 1, 8)
	var all [][]string
	for _, target := range targets {
		all = append(all, append(slices.Clone(args), target))
	}
	return all
}

func onlyMeasured(names []string) ([]string, int) {
	base := make([]string, 0, 10)
	first := append(base, names[0])
	second := append(base, names[1])
	return second, len(first)
}

// The capacity is what the literal has; the second element makes it full again.
func grownOnce() ([]string, []string) {
	base := []string{"a"}
	base = append(base, "b")
	first := append(base, "c")
	second := append(base, "d")
	return first, second
}

func (j *job) replaced(n int) []int {
	short := append(j.next[:n], 0)
	j.install(short)
	return j.next
}

func (j *job) install(next []int) { j.next = next }

type tree struct {
	name     string
	children []*tree
}

// The paths of brothers share an array as soon as it has room: known to be missed.
func paths(t *tree, path []string, all *[][]string) {
	path = append(path, t.name)
	if len(t.children) == 0 {
		*all = append(*all, path) // bug-missed
	}
	for _, child := range t.children {
		paths(child, path, all)
	}
}

// Whether there is room is for the caller to say.
func ofParameter(base []string) ([]string, []string) {
	first := append(base, "a") // bug-missed
	second := append(base, "b")
	return first, second
}

// Each literal extends what the other one has left.
func backAndForth(run func(func())) ([]int, []int) {
	var list []int
	run(func() { list = append(list, 1) })
	run(func() { list = append(list, 2) })
	first := append(list, 3)
	second := append(list, 4)
	return first, second
}
