package stops

import (
	"go.uber.org/zap"
	"k8s.io/client-go/tools/record"
)

var eventSource = record.EventSource{}

// The loggers stay replaced for as long as the program runs.
func replaceLoggers(l *zap.Logger) {
	zap.ReplaceGlobals(l)
	_ = zap.RedirectStdLog(l)
}

// Nobody shuts it down, and nobody has to.
func recorder() record.EventRecorder {
	b := record.NewBroadcaster()
	b.StartStructuredLogging(0)
	return b.NewRecorder(nil, eventSource)
}

// Who shuts it down once has to do so always.
func recorderFor(ready func() error) error {
	b := record.NewBroadcaster() // want
	b.StartStructuredLogging(0)
	if err := ready(); err != nil {
		return err
	}
	b.Shutdown()
	return nil
}
