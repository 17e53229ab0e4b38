package errs

import (
	"errors"
	"fmt"
	"log"
	"os"
)

type tx struct{}

func (*tx) Done(err error)        {}
func (*tx) Exec(q string) error   { return nil }
func begin() (*tx, error)         { return &tx{}, nil }
func done(err error)              {}
func doneWith(name string, e any) {}
func step() error                 { return nil }
func each(f func() error) error   { return f() }

func namedResult() (err error) {
	defer done(err) // want "`done(…)` always gets nil for `err`"
	return step()
}

func namedResultAssigned() (err error) {
	defer done(err) // want
	err = step()
	return
}

func variable() error {
	var err error
	defer done(err) // want
	err = step()
	return err
}

func explicitNil() error {
	var err error = nil
	defer done(err) // want
	if err = step(); err != nil {
		return err
	}
	return nil
}

func checked() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer t.Done(err) // want "`t.Done(…)` always gets nil for `err`"
	err = t.Exec("insert")
	return err
}

func checkedTheOtherWay() error {
	t, err := begin()
	if err == nil {
		defer t.Done(err) // want
		err = t.Exec("insert")
	}
	return err
}

func redeclared() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer t.Done(err) // want
	n, err := fmt.Println("x")
	if n == 0 {
		return err
	}
	return nil
}

func inASwitch() error {
	t, err := begin()
	switch {
	case err != nil:
		return err
	}
	defer t.Done(err) // want
	if err = t.Exec("insert"); err != nil {
		return err
	}
	return nil
}

func inMessage() (err error) {
	defer log.Print("done: ", err) // want "`log.Print(…)` always gets nil for `err`"
	return step()
}

func compared() (err error) {
	defer doneWith("load", err == nil) // want
	return step()
}

func isOne() (err error) {
	defer doneWith("load", errors.Is(err, os.ErrNotExist)) // want
	return step()
}

func toLiteral() (err error) {
	defer func(err error) { // want "`func(…)` always gets nil for `err`"
		if err != nil {
			log.Println(err)
		}
	}(err)
	return step()
}

func twoResults() (n int, err error) {
	defer doneWith("copy", []any{n, err}) // want "0 for `n` and nil for `err`"
	n, err = fmt.Println("x")
	return n, err
}

func inAClosure() error {
	var err error
	defer done(err) // want
	each(func() error {
		err = step()
		return err
	})
	return err
}

func inALaterDefer() (err error) {
	defer done(err) // want
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r)
		}
	}()
	mayPanic()
	return nil
}

func mayPanic() {}

func perIteration(names []string) error {
	for range names {
		t, err := begin()
		if err != nil {
			return err
		}
		func() {
			var inner error
			defer t.Done(inner) // want "nil for `inner`"
			inner = t.Exec("x")
		}()
	}
	return nil
}

func inALoop(names []string) error {
	for range names {
		t, err := begin()
		if err != nil {
			return err
		}
		defer t.Done(err) // want
		if err = t.Exec("x"); err != nil {
			return err
		}
	}
	return nil
}

// Not too early.

func never() (err error) {
	defer done(err)
	return nil
}

func neverAssigned() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer t.Done(err)
	return nil
}

func shadows() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer t.Done(err)
	if err := t.Exec("x"); err != nil {
		return err
	}
	return nil
}

func byPointer() (err error) {
	defer doneWith("load", &err)
	return step()
}

func byLiteral() (err error) {
	defer func() { done(err) }()
	return step()
}

func literalWithPointer() (err error) {
	defer func(err *error) { done(*err) }(&err)
	return step()
}

func parameter(err error) {
	defer done(err)
	err = step()
	done(err)
}

// The cleanup wants to know whether there is anything to clean up.
func unchecked() error {
	t, err := begin()
	defer doneWith("tx", err)
	if err != nil {
		return err
	}
	err = t.Exec("x")
	return err
}

func inTheErrorBranch() error {
	t, err := begin()
	if err != nil {
		defer log.Println("could not begin:", err)
		err = errors.New("no transaction")
		return err
	}
	t.Done(nil)
	return nil
}

func lastOfEach(names []string) (err error) {
	for range names {
		defer done(err)
		err = step()
	}
	return err
}

func nextRound(names []string) {
	for range names {
		t, err := begin()
		if err == nil {
			defer t.Done(err)
		}
	}
}

func mayHaveBeenSet(b bool) (err error) {
	if b {
		err = step()
	}
	defer done(err)
	return step()
}

func setInAClosure() (err error) {
	each(func() error {
		err = step()
		return nil
	})
	defer done(err)
	return step()
}

func throughPointer() (err error) {
	p := &err
	*p = step()
	defer done(err)
	return step()
}

// The deferred literal runs after done.
func inAnEarlierDefer() (err error) {
	defer func() {
		err = step()
	}()
	defer done(err)
	return nil
}

func setToNil() error {
	t, err := begin()
	if err != nil {
		return err
	}
	defer t.Done(err)
	err = nil
	return err
}

func constant() (err error) {
	defer done(nil)
	return step()
}

func both() (err error) {
	before := err
	defer func(old error) {
		if old != err {
			log.Println(old, err)
		}
	}(err)
	err = step()
	_ = before
	return err
}

func outerVariable() (err error) {
	func() {
		defer done(err)
	}()
	err = step()
	return err
}
