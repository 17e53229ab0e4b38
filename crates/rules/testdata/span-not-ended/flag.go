package spans

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// A literal says that there is none any more.
func rounds(ctx context.Context, tracer trace.Tracer, work func(context.Context) bool) {
	var span trace.Span
	started := false
	end := func() {
		if started {
			span.End()
		}
		started = false
	}
	defer end()
	for ctx.Err() == nil {
		if !started {
			_, span = tracer.Start(ctx, "round") // bug
			started = true
		}
		if !work(ctx) {
			continue
		}
		end()
	}
}
