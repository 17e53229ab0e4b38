package conditions

import (
	"errors"
	"sync"
)

var errBad = errors.New("bad")

type level int

const (
	one level = iota
	two
	three
)

type table struct {
	mu    sync.Mutex
	items map[string]int
}

// Every constant has a case: nobody comes to the end by none of them.
func (t *table) every(l level) int {
	t.mu.Lock()
	switch l {
	case one:
		t.mu.Unlock()
		return 1
	case two, three:
		t.mu.Unlock()
		return 2
	default:
		return -1
	}
}

func (t *table) notEvery(l level) int {
	t.mu.Lock() // want
	switch l {
	case one:
		t.mu.Unlock()
		return 1
	case two:
		t.mu.Unlock()
		return 2
	}
	return -1
}

// Depth is exported: who is outside may have made others.
type Depth int

const (
	Shallow Depth = iota
	Deep
)

func (t *table) everyExported(d Depth) error {
	t.mu.Lock() // want
	switch d {
	case Shallow:
		t.items["a"]++
	case Deep:
		t.items["b"]++
	default:
		return errBad
	}
	t.mu.Unlock()
	return nil
}

// One value does not equal two constants.
func (t *table) either(kind string) int {
	if kind == "a" {
		t.mu.Lock()
	}
	n := len(t.items)
	if kind == "b" {
		return n
	}
	if kind == "a" {
		t.mu.Unlock()
	}
	return n
}

func (t *table) eitherSwitch(kind string) int {
	switch kind {
	case "a":
		t.mu.Lock()
		t.items[kind]++
	case "c":
		t.mu.Lock()
		t.items[kind]--
	case "b":
		return 0
	}
	n := len(t.items)
	switch kind {
	case "a":
		t.mu.Unlock()
	case "b":
		return n
	case "c":
		t.mu.Unlock()
	}
	return n
}

// What is compared is another one by then.
func (t *table) changes(kind string) (int, error) {
	if kind == "a" {
		t.mu.Lock() // want
		kind += kind
		if kind == "b" {
			return 0, errBad
		}
		t.mu.Unlock()
	}
	return 1, nil
}

// A flag says whether it was taken.
func (t *table) flagged(lock bool, key string) int {
	locked := false
	if lock && len(key) > 0 {
		t.mu.Lock()
		locked = true
	}
	n := t.items[key]
	if locked {
		t.mu.Unlock()
	}
	return n
}

func (t *table) flaggedDefer(lock bool, key string) int {
	if lock {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	return t.items[key]
}
