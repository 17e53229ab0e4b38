package cleanup

import (
	"context"
	"testing"
)

type store struct{}

func open(context.Context) store          { return store{} }
func (store) Close(context.Context) error { return nil }
func (store) Ping(context.Context) error  { return nil }

func TestClosed(t *testing.T) {
	s := open(t.Context())
	t.Cleanup(func() {
		if err := s.Close(t.Context()); err != nil { // want "context of the test"
			t.Error(err)
		}
	})
}

func TestVariable(t *testing.T) {
	ctx := t.Context()
	s := open(ctx)
	t.Cleanup(func() { s.Close(ctx) }) // want
	s.Ping(ctx)
}

func TestDerived(t *testing.T) {
	ctx := context.WithValue(t.Context(), "k", 1)
	s := open(ctx)
	t.Cleanup(func() { s.Close(ctx) }) // want
}

func helper(tb testing.TB) store {
	s := open(tb.Context())
	tb.Cleanup(func() { s.Close(tb.Context()) }) // want
	return s
}

func TestDeferred(t *testing.T) {
	s := open(t.Context())
	defer s.Close(t.Context())
	helper(t)
}

func TestDetached(t *testing.T) {
	ctx := t.Context()
	s := open(ctx)
	t.Cleanup(func() { s.Close(context.WithoutCancel(ctx)) })
}

func TestBackground(t *testing.T) {
	s := open(t.Context())
	t.Cleanup(func() { s.Close(context.Background()) })
}

func TestNoCleanupCall(t *testing.T) {
	s := open(t.Context())
	t.Cleanup(func() { s.Ping(t.Context()) })
}
