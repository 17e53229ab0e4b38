package spans

import (
	"context"
	"errors"
	"fmt"
	"runtime/trace"

	opentracing "github.com/opentracing/opentracing-go"
	octrace "go.opencensus.io/trace"
	"go.opentelemetry.io/otel"
	otrace "go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("spans")

type server struct {
	tracer otrace.Tracer
}

func dropped(ctx context.Context) {
	otel.Tracer("a").Start(ctx, "dropped") // want "nothing holds"
}

func blank(ctx context.Context) context.Context {
	inner, _ := tracer.Start(ctx, "blank") // want
	fmt.Println(inner)
	return ctx
}

func never(ctx context.Context) {
	_, span := tracer.Start(ctx, "never") // want "never ended"
	span.AddEvent("begun")
}

func early(ctx context.Context, id int) error {
	_, span := tracer.Start(ctx, "early") // want "not ended on every path"
	if id < 0 {
		return errors.New("negative")
	}
	span.End()
	return nil
}

func (s *server) field(ctx context.Context, id int) error {
	_, span := s.tracer.Start(ctx, "field") // want
	if id < 0 {
		return errors.New("negative")
	}
	span.End()
	return nil
}

func overwritten(ctx context.Context) {
	_, span := tracer.Start(ctx, "one") // want "overwritten"
	_, span = tracer.Start(ctx, "two")
	defer span.End()
}

func ofCensus(ctx context.Context) {
	_, span := octrace.StartSpan(ctx, "census") // want
	fmt.Println(span)
}

func ofTracing(fail bool) error {
	span := opentracing.StartSpan("tracing") // want "not finished on every path"
	if fail {
		return errors.New("failed")
	}
	span.Finish()
	return nil
}

func byHand(ctx context.Context) {
	provider := otel.GetTracerProvider()
	t := provider.Tracer("by hand")
	ctx, span := t.Start(ctx, "x") // want
	span.SetName("y")
	_ = ctx
}

func start(ctx context.Context, name string) (context.Context, otrace.Span) {
	return tracer.Start(ctx, name)
}

func throughWrapper(ctx context.Context, id int) error {
	ctx, span := start(ctx, "wrapped") // want
	if id < 0 {
		return ctx.Err()
	}
	span.End()
	return nil
}

func inLoop(ctx context.Context, ids []int) error {
	for _, id := range ids {
		_, span := tracer.Start(ctx, "each") // want
		if id < 0 {
			continue
		}
		span.End()
	}
	return nil
}

func task(ctx context.Context, names []string) error {
	ctx, task := trace.NewTask(ctx, "names") // want
	for _, name := range names {
		if name == "" {
			return errors.New("empty")
		}
	}
	_ = ctx
	task.End()
	return nil
}

func onlyOnError(ctx context.Context) (err error) {
	_, span := tracer.Start(ctx, "x") // want
	defer func() {
		span.AddEvent("end")
	}()
	return nil
}

func inLiteral(ctx context.Context) {
	work := func() error {
		_, span := tracer.Start(ctx, "literal") // want
		if ctx.Err() != nil {
			return ctx.Err()
		}
		span.End()
		return nil
	}
	fmt.Println(work())
}
