package errs

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
)

type tx struct{}

func (*tx) Rollback() error { return nil }
func (*tx) Commit() error   { return nil }
func begin() (*tx, error)   { return &tx{}, nil }
func step() error           { return nil }
func mayPanic()             {}
func run(f func() error)    {}

func closed(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr // want "`err` has been returned by the time the deferred function assigns to it"
		}
	}()
	_, err = f.Write(data)
	return err
}

func joined(f *os.File) (int, error) {
	n, err := io.Copy(io.Discard, f)
	defer func() {
		err = errors.Join(err, f.Close()) // want
	}()
	return int(n), err
}

func recovered() error {
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r) // want
		}
	}()
	mayPanic()
	return err
}

func notReturned() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer func() {
		err = t.Rollback() // want "`err` is no result of the function: the error that is assigned here is lost"
	}()
	return t.Commit()
}

func shadowed() (err error) {
	if t, err := begin(); err == nil {
		defer func() {
			err = t.Rollback() // want "this `err` is not the result `err` but another variable"
		}()
	}
	return step()
}

func shadowedInBlock(open bool) (n int, err error) {
	if open {
		f, err := os.Open("x")
		if err != nil {
			return 0, err
		}
		defer func() {
			if err != nil {
				err = fmt.Errorf("x: %w", err) // want "not the result `err`"
			}
		}()
		f.Close()
	}
	return n, nil
}

func otherName() (result error) {
	t, err := begin()
	if err != nil {
		return err
	}
	defer func() {
		err = t.Rollback() // want "`err` is no result of the function"
	}()
	return nil
}

func returnedIntoOtherName() (result error) {
	t, err := begin()
	defer func() {
		err = t.Rollback() // want "has been returned"
	}()
	return err
}

func blankResult() (_ error) {
	t, err := begin()
	defer func() {
		err = t.Rollback() // want
	}()
	return err
}

func lastOfTwo() error {
	t, err := begin()
	defer func() {
		if err = t.Rollback(); err != nil {
			err = fmt.Errorf("rollback: %w", err) // want
		}
	}()
	return err
}

func byName() error {
	t, err := begin()
	cleanup := func() {
		err = t.Rollback() // want
	}
	defer cleanup()
	return err
}

func inALiteral() {
	run(func() error {
		t, err := begin()
		defer func() {
			err = t.Rollback() // want
		}()
		return err
	})
}

func parameter(err error) error {
	defer func() {
		if err == nil {
			err = step() // want
		}
	}()
	return err
}

func inALoop(files []*os.File) error {
	var err error
	for _, f := range files {
		defer func() {
			if e := f.Close(); err == nil {
				err = e // want
			}
		}()
	}
	return err
}

func secondOfThree() (int, error, bool) {
	t, err := begin()
	defer func() {
		err = t.Rollback() // want
	}()
	return 1, err, true
}

// Nothing is lost.

func named() (err error) {
	defer func() {
		err = errors.Join(err, step())
	}()
	return step()
}

func namedAndShadowedElsewhere() (err error) {
	t, err := begin()
	if err != nil {
		return err
	}
	defer func() {
		if rollbackErr := t.Rollback(); rollbackErr != nil {
			err = rollbackErr
		}
	}()
	return t.Commit()
}

func scratch(f *os.File) error {
	_, err := f.Stat()
	defer func() {
		if err = f.Close(); err != nil {
			log.Print(err)
		}
	}()
	return nil
}

func ownVariable(f *os.File) error {
	defer func() {
		err := f.Close()
		if err != nil {
			log.Print(err)
		}
	}()
	return nil
}

func readByAnother(f *os.File) error {
	var err error
	defer func() {
		if err != nil {
			log.Print(err)
		}
	}()
	defer func() {
		err = f.Close()
	}()
	return nil
}

func readByNested(f *os.File) error {
	var err error
	defer func() {
		err = f.Close()
		func() { log.Print(err) }()
	}()
	return nil
}

func pointerTaken(f *os.File) error {
	var err error
	report := &err
	defer func() {
		err = f.Close()
	}()
	log.Print(report)
	return nil
}

func noError(f *os.File) int {
	_, err := f.Stat()
	defer func() {
		err = f.Close()
	}()
	if err != nil {
		return 1
	}
	return 0
}

func noResults(f *os.File) {
	_, err := f.Stat()
	defer func() {
		err = f.Close()
	}()
	log.Print(err)
}

func outer() error {
	var err error
	run(func() error {
		defer func() {
			err = step()
		}()
		return nil
	})
	return err
}

func calledAtOnce() error {
	var err error
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panicked: %v", r)
			}
		}()
		mayPanic()
	}()
	return err
}

func notDeferred() error {
	var err error
	func() {
		err = step()
	}()
	return err
}

func calledToo() error {
	var err error
	cleanup := func() {
		err = step()
	}
	defer cleanup()
	cleanup()
	return err
}

func goroutine(done chan bool) error {
	var err error
	go func() {
		<-done
		log.Print(err)
	}()
	defer close(done)
	defer func() { err = step() }()
	return nil
}

func readInLoop(files []*os.File) error {
	var err error
	defer func() {
		for _, f := range files {
			if err != nil {
				log.Print(err)
			}
			err = f.Close()
		}
	}()
	return nil
}
