package starts

import (
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"time"
)

type span struct{}

func (span) End()                {}
func (span) SetName(name string) {}

type segment struct{}

func (*segment) End()                {}
func startSegment(n string) *segment { return &segment{} }

type tracer struct{}

func (tracer) Start(ctx context.Context, name string) (context.Context, span) { return ctx, span{} }
func (tracer) Started() span                                                  { return span{} }
func (tracer) StartTimer() time.Time                                          { return time.Time{} }

type options struct{}

type spanWithOptions interface {
	End(opts ...options)
}

func beginSpan() spanWithOptions { return nil }

type builder struct{}

func (b *builder) Close() *builder { return b }
func (b *builder) Row() *builder   { return b }
func (b *builder) End(code int)    {}

type runner struct{}

func (*runner) Start() error { return nil }
func (*runner) End()         {}

func started(t tracer, ctx context.Context) {
	defer t.Start(ctx, "load") // want "`t.Start(…)` runs when the function ends, and nobody calls `End` on what it returns"
}

func segmentStarted() {
	defer startSegment("load") // want "nobody calls `End`"
}

func variadicEnd() {
	defer beginSpan() // want
}

func opened() {
	defer os.Open("x") // want-types "nobody calls `Close`"
}

func dialled() {
	defer net.Dial("tcp", ":80") // want-types "nobody calls `Close`"
}

func begun(db *sql.DB) {
	defer db.Begin() // want-types "nobody calls `Rollback`"
}

// Nothing is lost.

func ended(t tracer, ctx context.Context) {
	_, s := t.Start(ctx, "load")
	defer s.End()
	defer startSegment("load").End()
}

func notStarted(t tracer) {
	defer t.Started()
	defer t.StartTimer()
}

func chained(b *builder) {
	defer b.Row()
	defer b.Row().Close()
}

func errorsOnly(r *runner, cmd *exec.Cmd) {
	defer r.Start()
	defer cmd.Start()
}

func timers() {
	defer time.AfterFunc(time.Second, func() {})
}

func inLiteral() {
	defer func() { startSegment("load").End() }()
}
