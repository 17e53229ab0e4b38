package spans

import (
	"context"
	"errors"
	"net/http"
	"runtime/trace"

	opentracing "github.com/opentracing/opentracing-go"
	octrace "go.opencensus.io/trace"
	"go.opentelemetry.io/otel"
	otrace "go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("spans")

type request struct {
	span otrace.Span
	done func()
}

func deferred(ctx context.Context) {
	_, span := tracer.Start(ctx, "deferred")
	defer span.End()
}

func deferredLiteral(ctx context.Context) (err error) {
	_, span := tracer.Start(ctx, "deferred")
	defer func() {
		if err != nil {
			span.RecordError(err)
		}
		span.End()
	}()
	return errors.New("failed")
}

func everyPath(ctx context.Context, id int) error {
	_, span := tracer.Start(ctx, "paths")
	if id < 0 {
		span.End()
		return errors.New("negative")
	}
	span.End()
	return nil
}

func returned(ctx context.Context) (context.Context, otrace.Span) {
	ctx, span := tracer.Start(ctx, "returned")
	span.SetName("other")
	return ctx, span
}

func kept(ctx context.Context, r *request) {
	_, r.span = tracer.Start(ctx, "kept")
}

func keptByFunction(ctx context.Context, r *request) {
	_, span := tracer.Start(ctx, "kept")
	r.done = func() { span.End() }
}

func methodValue(ctx context.Context) func() {
	_, span := tracer.Start(ctx, "value")
	return func() { span.End() }
}

func inGoroutine(ctx context.Context, ch chan int) {
	_, span := tracer.Start(ctx, "goroutine")
	go func() {
		defer span.End()
		<-ch
	}()
}

func chained(ctx context.Context) {
	defer trace.StartRegion(ctx, "chained").End()
}

func twice(ctx context.Context) {
	_, span := tracer.Start(ctx, "one")
	span.End()
	_, span = tracer.Start(ctx, "two")
	span.End()
}

func tracing(req *http.Request) {
	span := opentracing.StartSpan("tracing")
	defer span.Finish()
}

func census(ctx context.Context) {
	ctx, span := octrace.StartSpan(ctx, "census")
	defer span.End()
	_ = ctx
}

func taskOfRuntime(ctx context.Context) {
	ctx, task := trace.NewTask(ctx, "task")
	defer task.End()
	trace.Log(ctx, "a", "b")
}

func eachOne(ctx context.Context, ids []int) {
	for range ids {
		func() {
			_, span := tracer.Start(ctx, "each")
			defer span.End()
		}()
	}
}

func finish(span otrace.Span, err error) {
	if err != nil {
		span.RecordError(err)
	}
	span.End()
}

func byHelper(ctx context.Context) error {
	_, span := tracer.Start(ctx, "helper")
	err := ctx.Err()
	finish(span, err)
	return err
}

func deferredHelper(ctx context.Context) (err error) {
	_, span := tracer.Start(ctx, "helper")
	defer func() { finish(span, err) }()
	return ctx.Err()
}

// It starts something else.
type engine struct{}

func (engine) Start(ctx context.Context, name string) (context.Context, error) {
	return ctx, nil
}

func another(ctx context.Context, e engine) {
	_, err := e.Start(ctx, "engine")
	_ = err
}

func conditional(ctx context.Context, on bool) {
	var span otrace.Span
	if on {
		_, span = tracer.Start(ctx, "conditional")
	}
	if span != nil {
		span.End()
	}
}

// Whoever gets the context ends the span.
func inContext(ctx context.Context) context.Context {
	ctx, _ = tracer.Start(ctx, "in the context")
	return ctx
}

func endInContext(ctx context.Context) {
	otrace.SpanFromContext(ctx).End()
}

func withSpan(ctx context.Context) context.Context {
	_, span := tracer.Start(context.Background(), "other root")
	return otrace.ContextWithSpan(ctx, span)
}

// The context carries the span; another hook takes it from there and ends it.
func hookBefore(ctx context.Context) (context.Context, error) {
	ctx, _ = tracer.Start(ctx, "hook")
	return ctx, nil
}

func hookAfter(ctx context.Context) {
	otrace.SpanFromContext(ctx).End()
}

func hookOfRequest(r *http.Request) {
	ctx, span := tracer.Start(r.Context(), "request")
	span.SetName(r.URL.Path)
	*r = *r.WithContext(ctx)
}

type trip struct{ ctx context.Context }

func begin(ctx context.Context) *trip {
	ctx, span := tracer.Start(ctx, "trip")
	span.SetName("trip")
	return &trip{ctx: ctx}
}

func (t *trip) begin() {
	t.ctx, _ = tracer.Start(t.ctx, "trip")
}

func byName(ctx context.Context) (out context.Context) {
	out, span := tracer.Start(ctx, "named")
	span.SetName("named")
	return
}
