package fatal

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

func TestErrgroup(t *testing.T) {
	g, ctx := errgroup.WithContext(context.Background())
	g.Go(func() error {
		t.Fatal(ctx.Err()) // want
		return nil
	})
	var zero errgroup.Group
	zero.Go(func() error {
		t.FailNow() // want
		return nil
	})
	zero.TryGo(func() error {
		t.Skip() // want
		return nil
	})
	_ = g.Wait()
	_ = zero.Wait()
}

func TestErrgroupRight(t *testing.T) {
	var g errgroup.Group
	g.Go(func() error {
		return work()
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestRequire(t *testing.T) {
	r := require.New(t)
	require.NoError(t, nil)
	r.NoError(nil)
	go func() {
		require.NoError(t, work()) // want
		r.NoError(work())          // want
	}()
	go requireWork(t) // want
}

func requireWork(t *testing.T) {
	require.NoError(t, work())
}

func TestAssert(t *testing.T) {
	a := assert.New(t)
	go func() {
		assert.NoError(t, work())
		a.NoError(work())
	}()
}

func TestRequireStandIn(t *testing.T) {
	fake := new(testing.T)
	go func() {
		require.NoError(fake, work())
	}()
}

type collect struct{}

func (collect) Errorf(string, ...any) {}
func (collect) FailNow()              {}

func TestRequireOther(t *testing.T) {
	go func() {
		require.NoError(collect{}, work())
	}()
}
