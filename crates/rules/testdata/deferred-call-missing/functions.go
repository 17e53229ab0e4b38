package functions

import (
	"context"
	"errors"
	"iter"
	"log"
	"sync"
	"testing"
	"time"
)

type cleanup func()

type server struct {
	setup func() func()
}

func trace(name string) func() {
	start := time.Now()
	return func() { log.Println(name, time.Since(start)) }
}

func chdir(dir string) cleanup                    { return func() {} }
func mount(dir string) (func(), error)            { return func() {}, nil }
func begin() context.CancelFunc                   { return func() {} }
func timer() func(label string)                   { return func(string) {} }
func (s *server) start() func()                   { return func() {} }
func (server) lock() func() error                 { return func() error { return nil } }
func with[T any](x T, undo func(T)) func()        { return func() { undo(x) } }
func id[T any](x T) T                             { return x }
func nested() func() func()                       { return nil }
func both() (context.Context, context.CancelFunc) { return nil, nil }
func setHandler(h func(error)) func(error)        { return h }
func swap(h cleanup) cleanup                      { return h }
func seq() iter.Seq[int]                          { return nil }
func count() int                                  { return 0 }
func many() (func(), func(), error)               { return nil, nil, nil }
func structured() struct{ stop func() }           { return struct{ stop func() }{} }

func simple() {
	defer trace("load") // want "`trace(…)` itself runs when the function ends, and the function that it returns never runs"
}

func namedType() {
	defer chdir("/tmp") // want
}

func cancelFunc() {
	defer begin() // want-types "`begin()` itself runs"
}

func method(s *server) {
	defer s.start() // want "`s.start()` itself runs"
}

func valueMethod(s server) {
	defer s.lock() // want
}

func field(s *server) {
	defer s.setup() // want
}

func withParameters() {
	defer timer() // want
}

func generic() {
	defer with(3, func(int) {}) // want
}

func instantiated() {
	defer with[string]("x", func(string) {}) // want
}

func twice() {
	defer nested()() // want "`nested()()` itself runs"
}

func withError() {
	defer mount("/mnt") // want
}

func literal() {
	defer func() func() { // want "the deferred function literal returns a function, and nobody calls it"
		old := level
		level = 3
		return func() { level = old }
	}()
}

var level int

func literalWithArguments() {
	defer func(to int) func() { // want
		old := level
		level = to
		return func() { level = old }
	}(4)
}

func variable() {
	setup := func() func() { return func() {} }
	defer setup() // want
}

var hook = func() func() { return nil }

func packageVariable() {
	defer hook() // want
}

func inALoop() {
	for range 3 {
		func() {
			defer trace("round") // want
		}()
	}
}

func methodValue(s *server) {
	start := s.start
	defer start() // want
}

func methodExpression(s *server) {
	defer (*server).start(s) // want
}

func parenthesised() {
	defer (trace)("x") // want
}

func fromStd(ctx context.Context) {
	defer sync.OnceFunc(func() {})          // want-types
	defer context.AfterFunc(ctx, func() {}) // want-types
}

func must[T any](x T, err error) T { return x }

func throughMust() {
	defer must(mount("/mnt")) // want
}

func severalResults() {
	defer both() // want-types "the function that it returns never runs"
	defer many() // want
}

type tracer interface {
	start(name string) (stop func())
}

type service struct {
	*server
	tracer
	hooks map[string]func() func()
}

func throughInterface(t tracer) {
	defer t.start("x") // want
}

func promoted(s *service) {
	defer s.server.start()   // want
	defer s.lock()           // want
	defer s.tracer.start("") // want
	defer s.setup()          // want
}

func element(s *service, all []func() func()) {
	defer s.hooks["x"]() // want
	defer all[0]()       // want
}

type box[T any] struct{ value T }

func (b box[T]) get() T       { return b.value }
func (b box[T]) lock() func() { return func() {} }

func ofBox(b box[func()], n box[int]) {
	defer b.get()  // want
	defer n.lock() // want
}

func wrapper(f func()) func() {
	return func() {
		defer f()
	}
}

func wrapped() {
	defer wrapper(func() {}) // want
}

func TestSetup(t *testing.T) {
	setupTest := func(t *testing.T) func(t *testing.T) {
		return func(t *testing.T) {}
	}
	defer setupTest(t) // want "the function that it returns never runs"
}

// Nothing is missing.

func called() {
	defer trace("load")()
	defer chdir("/tmp")()
	defer timer()("done")
	defer with(3, func(int) {})()
	defer nested()()()
}

func deferredLater() {
	stop := trace("load")
	defer stop()
}

func restored() {
	defer setHandler(setHandler(nil))
	defer swap(swap(nil))
}

type option func(*server) option

func verbosity(v int) option {
	return func(*server) option { return verbosity(v) }
}

func (s *server) apply(options ...option) option { return nil }

func optionRestored(s *server) {
	old := s.apply(verbosity(3))
	defer s.apply(old)
}

func replace[T any](p *T, value T) T {
	old := *p
	*p = value
	return old
}

func replaced() {
	old := replace(&hook, nil)
	defer replace(&hook, old)
}

func genericOther(n box[int]) {
	defer n.get()
}

func restoredLater() {
	old := setHandler(nil)
	defer setHandler(old)
}

func calledInLiteral() {
	defer func() { _ = trace("load") }()
}

func literalCalled() {
	defer func() func() {
		return func() {}
	}()()
}

func genericResult() {
	defer id(3)
	defer id("x")
}

func otherResults(s *server) {
	defer count()
	defer structured()
	defer errors.New("x")
	defer log.Println("x")
}

func conversion() {
	var mu sync.Mutex
	defer mu.Unlock()
	mu.Lock()
}

func passed() {
	defer run(trace("load"))
}

func run(f func()) { f() }

func goroutine() {
	go trace("load")
}

func statement() {
	trace("load")
}

func shadowed() {
	trace := func(string) {}
	defer trace("load")
}

func cleanups(t *testing.T) {
	t.Cleanup(trace("load"))
	defer t.Cleanup(func() {})
}
