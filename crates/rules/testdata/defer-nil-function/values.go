package values

import "errors"

func use(...any)  {}
func work() error { return nil }

func maybe(on bool) func() {
	if !on {
		return nil
	}
	return func() {}
}

func setup(on bool) (func(), error) {
	if !on {
		return nil, nil
	}
	return func() {}, nil
}

func failing(on bool) (func(), error) {
	if !on {
		return nil, errors.New("off")
	}
	return func() {}, nil
}

func never(on bool) func() {
	if !on {
		return func() {}
	}
	return func() { use(on) }
}

func calledAtOnce(on bool) {
	defer maybe(on)() // want "`maybe(…)` returns nil in some cases, and then the deferred call panics when `calledAtOnce` returns"
}

func kept(on bool) {
	stop := maybe(on)
	defer stop() // want "`maybe(…)` returns nil in some cases"
}

func withError(on bool) error {
	stop, err := setup(on)
	if err != nil {
		return err
	}
	defer stop() // want "`setup(…)` returns nil"
	return work()
}

type task struct {
	done  func()
	hooks map[string]func()
}

func (t *task) begin() func() {
	if t.done == nil {
		return nil
	}
	return t.done
}

func ofMethod(t *task) {
	defer t.begin()() // want "`t.begin()` returns nil"
}

var handlers = map[string]func(){}

func fromMap(name string) {
	defer handlers[name]() // want "`handlers[name]` is nil when the map has no such key"
}

func fromMapOfField(t *task, name string) {
	hook := t.hooks[name]
	defer hook() // want "`t.hooks[name]` is nil"
}

func believed(done func()) {
	defer done() // want "`done` may be nil, as a later comparison shows"
	use(1)
	if done != nil {
		use(2)
	}
}

func (t *task) run() {
	defer t.done() // want "`t.done` may be nil"
	if err := work(); err != nil && t.done != nil {
		use(err)
	}
}

// Not nil, or nobody knows.

func successIsAFunction(on bool) error {
	stop, err := failing(on)
	if err != nil {
		return err
	}
	defer stop()
	return nil
}

func neverNil(on bool) {
	defer never(on)()
	stop := never(on)
	defer stop()
}

func checked(on bool) {
	if stop := maybe(on); stop != nil {
		defer stop()
	}
	stop := maybe(on)
	if stop == nil {
		return
	}
	defer stop()
}

func checkedInLiteral(on bool) {
	stop := maybe(on)
	defer func() {
		if stop != nil {
			stop()
		}
	}()
}

func lookedUp(name string) {
	if hook, ok := handlers[name]; ok {
		defer hook()
	}
	hook, ok := handlers[name]
	if !ok {
		return
	}
	defer hook()
}

func comparedElement(name string) {
	hook := handlers[name]
	if hook == nil {
		hook = func() {}
	}
	defer hook()
}

func setBefore(t *task) {
	t.hooks["a"] = func() {}
	defer t.hooks["a"]()
}

func ranged(t *task) {
	for name := range t.hooks {
		func() { defer t.hooks[name]() }()
	}
}

func fromSlice(all []func(), i int) {
	defer all[i]()
}

func comparedBefore(done func()) {
	if done == nil {
		return
	}
	defer done()
	use(done != nil)
}

func fieldComparedBefore(t *task) {
	if t.done == nil {
		t.done = func() {}
	}
	defer t.done()
	use(t.done == nil)
}

func fieldSetBefore(t *task) {
	t.done = func() {}
	defer t.done()
	if t.done != nil {
		use(t)
	}
}

func otherField(t, u *task) {
	defer t.done()
	if u.done != nil {
		use(u)
	}
}

func neverCompared(t *task, done func()) {
	defer done()
	defer t.done()
}

func foreign(f func() func()) {
	defer f()()
}

func locker(on bool) (map[string]int, func()) {
	if !on {
		return nil, nil
	}
	return map[string]int{}, func() {}
}

func siblingTells(on bool) {
	m, unlock := locker(on)
	if m == nil {
		return
	}
	defer unlock()
}

func siblingIgnored(on bool) {
	m, unlock := locker(on)
	defer unlock() // want "`locker(…)` returns nil"
	use(m)
}

func panicsBefore(on bool) {
	stop := maybe(on)
	stop()
	defer stop()
}

func mustHave(on bool) func() {
	if !on {
		panic("off")
		return nil
	}
	return func() {}
}

func neverComesToNil(on bool) {
	defer mustHave(on)()
}

func computedArguments(n int) {
	defer maybe(n > 3)()
	defer maybe(true)()
}
