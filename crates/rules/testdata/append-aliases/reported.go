package aliases

import (
	"fmt"
	"slices"
	"strings"
)

type job struct {
	args []string
	next []int
}

func use(...any) {}

func rest(names []string, i int) ([]string, string) {
	rest := append(names[:i], names[i+1:]...) // want "writes over the elements of `names` from index `i` on"
	return rest, strings.Join(names, " ")
}

func leaveOneOut(names []string) {
	for i := range names {
		others := append(names[:i], names[i+1:]...) // want
		use(others)
	}
}

func insert(list []int, i, value int) ([]int, int) {
	longer := append(list[:i], value) // want
	return longer, list[i]
}

func insertAndCopy(list []int, i, value int) []int {
	longer := append(list[:i], value) // want
	return append(longer, list[i:]...)
}

func argument(list []*job, i int) {
	use(append(list[:i], list[i+1:]...)) // want
	for _, job := range list {
		use(job)
	}
}

func lastReplaced(list []int, value int) ([]int, []int) {
	other := append(list[:len(list)-1], value) // want "`list` is read afterwards"
	return list, other
}

func field(j *job, n int) ([]int, []int) {
	short := append(j.next[:n], 0) // want
	return short, j.next
}

func padded(path []byte, n int) string {
	dir := append(path[:n], '/') // want
	return string(dir) + string(path)
}

func permutations(list []int, use func([]int)) {
	for i := range list {
		permutations(append(list[:i], list[i+1:]...), use) // want "the next round reads them"
	}
	use(list)
}

func twice(names []string) ([]string, []string) {
	base := make([]string, 0, 10)
	base = append(base, "run")
	first := append(base, names[0]) // want "the second `append` to `base` may write where the first one did"
	second := append(base, names[1])
	return first, second
}

func grown(names []string) ([]string, []string) {
	var base []string
	for _, name := range names {
		base = append(base, name)
	}
	first := append(base, "a") // want "`first` then ends in the elements of the second"
	second := append(base, "b")
	return first, second
}

func baseGoesOn(names []string) ([]string, []string) {
	base := make([]string, 0, 10)
	first := append(base, names...) // want
	base = append(base, "b")
	return first, base
}

func inLiterals() (job, job) {
	base := []string{"a", "b", "c"}
	base = append(base, "d")
	first := job{args: append(base, "e")} // want
	second := job{args: append(base, "f")}
	return first, second
}

func kept(targets []string) [][]string {
	args := []string{"build", "-v", "-x"}
	args = append(args, "-o")
	var all [][]string
	for _, target := range targets {
		all = append(all, append(args, target)) // want "each round appends to the same `args`"
	}
	return all
}

func keptInMap(targets []string) map[string][]string {
	args := make([]string, 1, 8)
	all := map[string][]string{}
	for _, target := range targets {
		all[target] = append(args, target) // want "ends in the elements of the last round"
	}
	return all
}

func sent(targets []string, out chan<- *job) {
	args := make([]string, 1, 8)
	for _, target := range targets {
		out <- &job{args: append(args, target)} // want
	}
}

func subSlice(list []int, n int) ([]int, []int) {
	head := list[:n]
	first := append(head, 1) // want
	second := append(head, 2)
	return first, second
}

func printed(list []string, i int) {
	fmt.Println(append(list[:i], "x")) // want
	fmt.Println(list[i])
}

var _ = slices.Clip[[]int]
