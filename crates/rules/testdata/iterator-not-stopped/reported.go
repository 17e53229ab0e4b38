package iterators

import (
	"fmt"
	"iter"
)

func first(seq iter.Seq[int]) (int, bool) {
	next, _ := iter.Pull(seq) // want "nothing holds"
	return next()
}

func early(seq iter.Seq[int]) int {
	next, stop := iter.Pull(seq) // want "is not called on every path"
	v, ok := next()
	if ok && v > 0 {
		return v
	}
	stop()
	return 0
}

func skipped(seq iter.Seq2[string, error], n int) error {
	next, stop := iter.Pull2(seq) // want
	for range n {
		_, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
	}
	stop()
	return nil
}

func second(a, b iter.Seq[int]) bool {
	nextA, stopA := iter.Pull(a) // want
	x, ok := nextA()
	if !ok {
		return false
	}
	nextB, stopB := iter.Pull(b)
	defer stopB()
	y, ok := nextB()
	if ok {
		stopA()
	}
	return x == y
}

func perRound(seqs []iter.Seq[int]) (sum int) {
	for _, seq := range seqs {
		next, stop := iter.Pull(seq) // want
		v, _ := next()
		if v < 0 {
			continue
		}
		sum += v
		stop()
	}
	return sum
}

func onlyWhenAsked(seq iter.Seq[int], verbose bool) {
	next, stop := iter.Pull(seq) // want
	if verbose {
		defer stop()
	}
	v, _ := next()
	fmt.Println(v)
}

func inLiteral(seq iter.Seq[int]) func() int {
	return func() int {
		next, stop := iter.Pull(seq) // want
		v, ok := next()
		if v == 1 && ok {
			stop()
		}
		return v
	}
}

func overwritten(a, b iter.Seq[int]) int {
	next, stop := iter.Pull(a) // want "overwritten"
	if v, _ := next(); v > 0 {
		next, stop = iter.Pull(b)
	}
	defer stop()
	v, _ := next()
	return v
}
