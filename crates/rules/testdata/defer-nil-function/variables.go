package variables

import (
	"errors"
	"io"
	"os"
)

func start() func()              { return func() {} }
func open(name string) io.Closer { return nil }
func work() error                { return nil }
func use(...any)                 {}

func setLater() {
	var stop func()
	defer stop() // want "`stop` is nil here whatever happens before, so the deferred call panics when `setLater` returns"
	stop = start()
}

func neverSet() {
	var stop func()
	defer stop() // want "whatever happens before"
}

func setToNil() {
	stop := start()
	stop()
	stop = nil
	defer stop() // want
}

func namedResult() (cleanup func(), err error) {
	defer cleanup() // want
	cleanup = start()
	return cleanup, work()
}

func unlessTraced(traced bool) error {
	var stop func()
	if traced {
		stop = start()
	}
	defer stop() // want "`stop` is nil here unless one condition held, and then the deferred call panics when `unlessTraced` returns"
	return work()
}

func unlessSetAnywhereInIt(n int) {
	var stop func()
	if n > 3 {
		use(n)
		if n > 5 {
			stop = start()
		} else {
			stop = func() {}
		}
	}
	use(1)
	defer stop() // want "unless one condition held"
}

func interfaceLater(name string) {
	var c io.Closer
	defer c.Close() // want-types "`c` is nil here whatever happens before, so this line panics"
	c = open(name)
}

func interfaceUnless(name string) {
	var c io.Closer
	if name != "" {
		c = open(name)
	}
	defer c.Close() // want-types "this line panics"
	use(c)
}

func literalBeforeReturn() error {
	var stop func()
	defer func() { // want "`stop` is still nil when `literalBeforeReturn` returns early"
		stop()
	}()
	if err := work(); err != nil {
		return err
	}
	stop = start()
	return work()
}

func literalInterface(name string) error {
	var c io.Closer
	defer func() { // want-types "`c` is still nil"
		use("closing")
		_ = c.Close()
	}()
	if name == "" {
		return errors.New("no name")
	}
	c = open(name)
	return nil
}

func inALiteral() {
	run := func() {
		var stop func()
		defer stop() // want "when the function literal returns"
		stop = start()
	}
	run()
}

// Not nil, or nobody knows.

func set() {
	var stop func()
	stop = start()
	defer stop()
}

func setInBothCases(traced bool) {
	var stop func()
	if traced {
		stop = start()
	} else {
		stop = func() {}
	}
	defer stop()
}

func setAtFirst(traced bool) {
	stop := func() {}
	if traced {
		stop = start()
	}
	defer stop()
}

func compared(traced bool) {
	var stop func()
	if traced {
		stop = start()
	}
	if stop != nil {
		defer stop()
	}
}

func defaulted(traced bool) {
	var stop func()
	if traced {
		stop = start()
	}
	if stop == nil {
		stop = func() {}
	}
	defer stop()
}

func sameCondition(traced bool) {
	var stop func()
	if traced {
		stop = start()
	}
	if traced {
		defer stop()
	}
	use(traced)
}

func leftBefore(traced bool) {
	var stop func()
	if traced {
		stop = start()
	}
	if !traced {
		return
	}
	defer stop()
}

func flagged(n int) {
	var stop func()
	started := false
	if n > 3 {
		stop = start()
		started = true
	}
	if started {
		defer stop()
	}
	use(n)
}

func withError(traced bool) error {
	var stop func()
	err := work()
	if err == nil {
		stop = start()
	}
	if err != nil {
		return err
	}
	defer stop()
	return nil
}

func inACase(kind int) {
	var stop func()
	switch kind {
	case 1:
		stop = start()
	case 2:
		stop = func() {}
	}
	defer stop()
}

func inALoop(names []string) {
	var stop func()
	for range names {
		stop = start()
	}
	defer stop()
}

func elsePanics(traced bool) {
	var stop func()
	if traced {
		stop = start()
	} else {
		panic("not traced")
	}
	defer stop()
}

func setElsewhere() {
	var stop func()
	prepare(func() { stop = start() })
	defer stop()
}

func setThroughPointer() {
	var stop func()
	fill(&stop)
	defer stop()
}

func prepare(f func())   { f() }
func fill(f *func())     { *f = start() }
func parameter(f func()) { defer f() }

func literalAfterwards(traced bool) {
	var stop func()
	defer func() {
		if stop != nil {
			stop()
		}
	}()
	if !traced {
		return
	}
	stop = start()
}

func literalOnSuccess() (err error) {
	var stop func()
	defer func() {
		if err == nil {
			stop()
		}
	}()
	if err := work(); err != nil {
		return err
	}
	stop = start()
	return nil
}

func literalLeavesFirst() (err error) {
	var stop func()
	defer func() {
		if err != nil {
			return
		}
		stop()
	}()
	if err := work(); err != nil {
		return err
	}
	stop = start()
	return nil
}

func literalAlwaysSet() error {
	var stop func()
	defer func() { stop() }()
	stop = start()
	return work()
}

func file(name string) error {
	var f *os.File
	defer f.Close()
	return nil
}

func concrete(e *os.PathError) {
	defer e.Unwrap()
}

func unreachable() {
	return
	var stop func()
	defer stop()
}
