package service

import (
	"errors"
	"os"
	"strconv"
)

func work() error           { return os.Chdir("/") }
func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }

func returnForgotten() error {
	done := make(chan error)
	go func() {
		if err := work(); err != nil {
			done <- err
		}
		done <- nil // want "has sent to `done` before"
	}()
	return <-done
}

type result struct {
	n   int
	err error
}

func results() (int, error) {
	ch := make(chan result)
	go func() {
		n, err := tryWork()
		if err != nil {
			ch <- result{err: err}
		}
		ch <- result{n: n} // want
	}()
	r := <-ch
	return r.n, r.err
}

type task struct {
	errs chan error
}

func (t *task) run() {
	if err := work(); err != nil {
		t.errs <- err
	}
	t.errs <- errors.New("end") // want
}

func runTask() error {
	t := &task{errs: make(chan error)}
	go t.run()
	return <-t.errs
}
