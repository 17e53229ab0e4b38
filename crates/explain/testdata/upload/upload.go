// Package upload is what the tests of explanations, and the picture in the documentation, are about.
package upload

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

type Store struct {
	mu   sync.Mutex
	root string
	full bool
}

// Put has each kind of way out.
func (s *Store) Put(name string, parts [][]byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		return 0, errors.New("no name")
	}
	f, err := os.Create(s.root + name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	defer func() {
		if r := recover(); r != nil {
			n, err = -1, fmt.Errorf("put %s: %v", name, r)
		}
	}()
	for i, part := range parts {
		defer fmt.Println("part", i, len(part))
		n += len(part)
	}
	if s.full {
		panic("store is full")
	}
	if n == 0 {
		os.Exit(3)
	}
	return n, nil
}

// Count depends on nothing from outside: it is run.
func Count() (total int) {
	step := 2
	defer func() { total *= step }()
	defer fmt.Println("step is", step)
	step = 5
	for i := 0; i < 3; i++ {
		defer func() { total += i }()
	}
	if step > 9 {
		return -1
	}
	return step + 1
}

// Outer calls recover in the wrong place.
func Outer() {
	defer func() {
		func() {
			recover()
		}()
	}()
	defer func() {
		panic("second")
	}()
	panic("first")
}
