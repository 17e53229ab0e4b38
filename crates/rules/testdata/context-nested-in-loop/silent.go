package nested

import (
	"context"
	"time"
)

type option func(context.Context) context.Context

type plugin interface {
	Before(ctx context.Context, n int) (context.Context, error)
}

type header string

func ownVariable(ctx context.Context, items []int) {
	for _, item := range items {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		work(ctx, item)
		cancel()
	}
}

func ownCopy(ctx context.Context, items []int) {
	for _, item := range items {
		ctx := ctx
		ctx = context.WithValue(ctx, key{}, item)
		work(ctx, item)
	}
}

func ownDeclaration(parent context.Context, items []int) {
	for _, item := range items {
		var ctx context.Context = parent
		ctx = context.WithValue(ctx, key{}, item)
		work(ctx, item)
	}
}

func anotherParent(parent context.Context, items []int) {
	var ctx context.Context
	var cancel context.CancelFunc
	for _, item := range items {
		ctx, cancel = context.WithTimeout(parent, time.Second)
		work(ctx, item)
		cancel()
	}
}

func setBack(parent context.Context, items []int) {
	ctx := parent
	for _, item := range items {
		ctx = parent
		if item > 0 {
			ctx = context.WithValue(ctx, key{}, item)
		}
		work(ctx, item)
	}
}

func setBackAtEnd(parent context.Context, items []int) {
	ctx := parent
	for _, item := range items {
		ctx = context.WithValue(ctx, key{}, item)
		work(ctx, item)
		ctx = parent
	}
}

func leavesByReturn(ctx context.Context, items []int) error {
	for _, item := range items {
		if item > 0 {
			ctx = context.WithValue(ctx, key{}, item)
			return work(ctx, item)
		}
	}
	return nil
}

func leavesByBreak(ctx context.Context, items []int) error {
	for _, item := range items {
		if item > 0 {
			ctx = context.WithValue(ctx, key{}, item)
			work(ctx, item)
			break
		}
	}
	return work(ctx, 0)
}

// Folding: all values are wanted afterwards.
func foldKeys(ctx context.Context, headers map[string]string) error {
	for name, value := range headers {
		ctx = context.WithValue(ctx, header(name), value)
	}
	return work(ctx, 0)
}

func foldKeysAndLook(ctx context.Context, headers map[string]string) error {
	for name, value := range headers {
		ctx = context.WithValue(ctx, header(name), value)
		if err := work(ctx, len(value)); err != nil {
			return err
		}
	}
	return nil
}

func foldOptions(ctx context.Context, options ...option) error {
	for _, apply := range options {
		ctx = apply(ctx)
	}
	return work(ctx, 0)
}

func foldBackwards(ctx context.Context, options []option) context.Context {
	for i := len(options) - 1; i >= 0; i-- {
		ctx = options[i](ctx)
	}
	return ctx
}

func foldPlugins(ctx context.Context, plugins []plugin) error {
	for i, p := range plugins {
		var err error
		ctx, err = p.Before(ctx, i)
		if err != nil {
			return err
		}
		if err := work(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func foldTags(ctx context.Context, tags []string) error {
	for _, tag := range tags {
		ctx = tagged(ctx, tag)
	}
	return work(ctx, 0)
}

// The first is tested, then extended for the next.
func pipeline(ctx context.Context, tags []string) error {
	for i, tag := range tags {
		if err := work(ctx, i); err != nil {
			return err
		}
		ctx = tagged(ctx, tag)
	}
	return nil
}

func once(ctx context.Context, items []int) {
	tagged := false
	for _, item := range items {
		if !tagged {
			ctx = context.WithValue(ctx, key{}, item)
			tagged = true
		}
		work(ctx, item)
	}
}

func beforeTheLoop(ctx context.Context, items []int) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for _, item := range items {
		work(ctx, item)
	}
}

func noContext(items []int) {
	var list []int
	total := 0
	for _, item := range items {
		list = append(list, item)
		total = max(total, item)
		total = add(total, item)
		use(list, total)
	}
}

func add(a, b int) int { return a + b }

func use(...any) {}

// Each call of the literal may be the only one.
func handler(ctx context.Context, register func(func(int))) {
	register(func(n int) {
		ctx := context.WithValue(ctx, key{}, n)
		work(ctx, n)
	})
}

func literalOfTheRound(ctx context.Context, items []int) {
	for _, item := range items {
		func(ctx context.Context) {
			ctx = context.WithValue(ctx, key{}, item)
			work(ctx, item)
		}(ctx)
	}
}

func overContexts(contexts []context.Context) {
	for i, ctx := range contexts {
		ctx = context.WithValue(ctx, key{}, i)
		work(ctx, i)
	}
}

func (s *server) fromBase() {
	for {
		n, err := accept()
		if err != nil {
			return
		}
		s.ctx = context.WithValue(s.base, key{}, n)
		work(s.ctx, n)
	}
}

func nextOuterRound(parents []context.Context) {
	var ctx context.Context
	for i, parent := range parents {
		ctx = parent
		for {
			ctx = context.WithValue(ctx, key{}, i)
			if work(ctx, i) == nil {
				break
			}
			return
		}
	}
}

func jumpsForward(ctx context.Context, ok bool) {
	if ok {
		goto end
	}
	ctx = context.WithValue(ctx, key{}, 1)
	work(ctx, 1)
end:
	work(ctx, 2)
}

func walkUp(ctx context.Context, node *list) error {
	for ; node != nil; node = node.next {
		ctx = context.WithValue(ctx, header(node.name), node)
		work(ctx, 1)
	}
	return work(ctx, 0)
}

type list struct {
	name string
	next *list
}
