//go:build go1.23

package main

import "iter"

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer note()
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func overFunction(n int) int {
	for i := range count(n) {
		defer use(i)
		for j := range count(i) {
			defer use(j)
			if j > 3 {
				return j
			}
			defer func() {
				if recover() != nil {
					use(j)
				}
			}()
		}
	}
	defer use(n)
	return n
}

func newer(n int) {
	overFunction(n)
	for i := range n {
		defer use(i)
	}
}
