package cancels

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"time"
)

func useOf(context.Context) error { return nil }

func blank(parent context.Context) error {
	ctx, _ := context.WithCancel(parent) // want "nothing holds"
	return useOf(ctx)
}

func blankTimeout(parent context.Context) error {
	ctx, _ := context.WithTimeout(parent, time.Second) // want
	return useOf(ctx)
}

func blankAssigned(parent context.Context) error {
	var ctx context.Context
	ctx, _ = context.WithDeadline(parent, time.Now()) // want
	return useOf(ctx)
}

func varBlock(parent context.Context, n int) error {
	var (
		ctx, cancel = context.WithCancel(parent) // want
		err         error
	)
	if n > 0 {
		err = useOf(ctx)
		cancel()
	}
	return err
}

func declaredBefore(parent context.Context, n int) error {
	var cancel context.CancelFunc
	var ctx context.Context
	ctx, cancel = context.WithCancel(parent) // want
	if n == 0 {
		return errors.New("none")
	}
	defer cancel()
	return useOf(ctx)
}

func causes(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent) // want
	if err := useOf(ctx); err != nil {
		return err
	}
	cancel(nil)
	return nil
}

func timeoutCause(parent context.Context) error {
	ctx, cancel := context.WithTimeoutCause(parent, time.Second, errors.New("slow")) // want
	if err := useOf(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func inSwitch(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent) // want
	switch n {
	case 0:
		cancel()
	case 1:
		useOf(ctx)
		cancel()
	}
}

func inSelect(parent context.Context, a, b chan int) {
	ctx, cancel := context.WithCancel(parent) // want
	select {
	case <-a:
		cancel()
	case <-b:
		useOf(ctx)
	}
}

func byGoto(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent) // want
	if n > 0 {
		goto end
	}
	cancel()
end:
	useOf(ctx)
}

func byLabel(parent context.Context, list [][]int) {
outer:
	for _, row := range list {
		ctx, cancel := context.WithCancel(parent) // want
		for _, n := range row {
			if n == 0 {
				continue outer
			}
			useOf(ctx)
		}
		cancel()
	}
}

func inBranchOnly(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent) // want
	if n > 0 {
		defer cancel()
	}
	useOf(ctx)
}

func shadowed(parent context.Context, n int) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	if n > 0 {
		ctx, cancel := context.WithTimeout(ctx, time.Second) // ends with its parent
		if err := useOf(ctx); err != nil {
			return err
		}
		cancel()
	}
	return nil
}

func notified() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want
	if err := useOf(ctx); err != nil {
		return err
	}
	stop()
	return nil
}

func withLimit(parent context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(parent, time.Minute)
}

func wrapper(parent context.Context) error {
	ctx, cancel := withLimit(parent) // want-types
	if err := useOf(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func inLiteral(parent context.Context) func() error {
	return func() error {
		ctx, cancel := context.WithCancel(parent) // want
		if err := useOf(ctx); err != nil {
			return err
		}
		cancel()
		return nil
	}
}

// Hard: the loop comes round before the call.
func inLoop(parent context.Context, n int) {
	var cancel context.CancelFunc
	for i := 0; i < n; i++ {
		var ctx context.Context
		ctx, cancel = context.WithCancel(parent) // want
		useOf(ctx)
	}
	if cancel != nil {
		cancel()
	}
}

// Right: nothing comes to an end.

func endless(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	for {
		if useOf(ctx) != nil {
			cancel()
		}
	}
}

func blocks(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	useOf(ctx)
	if ctx == nil {
		cancel()
	}
	select {}
}

func panics(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent)
	if n > 0 {
		panic("many")
	}
	useOf(ctx)
	cancel()
}

func bareReturn(parent context.Context) (ctx context.Context, cancel func()) {
	ctx, cancel = context.WithCancel(parent)
	return
}

func bareReturnWithError(parent context.Context) (ctx context.Context, cancel func(), err error) {
	ctx, cancel = context.WithCancel(parent)
	if err = useOf(ctx); err != nil {
		cancel()
		return nil, nil, err
	}
	return
}

type task struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func (t *task) start(parent context.Context) {
	t.ctx, t.cancel = context.WithCancel(parent)
}

func newTask(parent context.Context) *task {
	ctx, cancel := context.WithCancel(parent)
	return &task{ctx: ctx, cancel: cancel}
}

func fieldLater(parent context.Context, t *task) {
	ctx, cancel := context.WithCancel(parent)
	t.ctx = ctx
	t.cancel = cancel
}

func everyCase(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent)
	switch n {
	case 0:
		cancel()
	case 1:
		useOf(ctx)
		cancel()
	default:
		cancel()
	}
}

func everySelect(parent context.Context, a, b chan int) {
	ctx, cancel := context.WithCancel(parent)
	select {
	case <-a:
		cancel()
	case <-b:
		useOf(ctx)
		cancel()
	}
}

func gotoCancel(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent)
	if n > 0 {
		goto end
	}
	useOf(ctx)
end:
	cancel()
}

func handedOn(parent context.Context, wait func(context.CancelFunc)) {
	ctx, cancel := context.WithCancel(parent)
	useOf(ctx)
	wait(cancel)
}

func spawned(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		defer cancel()
		useOf(ctx)
	}()
}

func deferredLiteral(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer func() { cancel() }()
	useOf(ctx)
}

func kept(parent context.Context, list map[string]func()) {
	ctx, cancel := context.WithCancel(parent)
	list["a"] = cancel
	useOf(ctx)
}

func sent(parent context.Context, out chan<- func()) {
	ctx, cancel := context.WithCancel(parent)
	useOf(ctx)
	out <- cancel
}

func mustBe(ok bool) {
	if !ok {
		os.Exit(1)
	}
}

func exits(parent context.Context, ok bool) {
	ctx, cancel := context.WithCancel(parent)
	if !ok {
		os.Exit(1)
	}
	mustBe(ok)
	useOf(ctx)
	cancel()
}

func withValue(parent context.Context) context.Context {
	return context.WithValue(parent, "k", 1)
}

// Hard: the wrapper that calls it gets the context as well.
func run(parent context.Context, f func(context.Context, context.CancelFunc)) {
	f(context.WithCancel(parent))
}

// Hard: two variables, of which one is called.
func alias(parent context.Context, n int) {
	ctx, cancel := context.WithCancel(parent)
	stop := cancel
	if n > 0 {
		stop()
		return
	}
	useOf(ctx)
	cancel()
}

type request struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// Hard: sent within a literal, by one clause of several.
func sentInSelect(parent context.Context, out chan<- *request, quit chan bool) {
	ctx, cancel := context.WithCancel(parent)
	select {
	case out <- &request{ctx: ctx, cancel: cancel}:
	case <-quit:
		cancel()
	}
}
