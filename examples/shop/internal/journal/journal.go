// Package journal writes one line per event to a file and audits the file now and then.
package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"sync/atomic"
	"time"
)

// Journal is an append-only file of lines.
type Journal struct {
	path    string
	audited atomic.Int64
}

// New returns the journal at path, which need not exist yet.
func New(path string) *Journal { return &Journal{path: path} }

// Append adds a line in one write, so that lines of several goroutines do not mix.
func (j *Journal) Append(format string, args ...any) (err error) {
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line := fmt.Sprintf(format, args...)
	if _, err := fmt.Fprintf(f, "%s %s\n", time.Now().UTC().Format(time.RFC3339), line); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Audit counts the lines of the file every so often.
func (j *Journal) Audit(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	for {
		select {
		case <-ctx.Done():
			break
		case <-tick.C:
			f, err := os.Open(j.path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				log.Printf("journal: %v", err)
				continue
			}
			defer f.Close() // planted: defer-in-endless-loop
			var n int64
			lines := bufio.NewScanner(f)
			for lines.Scan() {
				n++
			}
			if err := lines.Err(); err != nil {
				log.Printf("journal: %v", err)
				continue
			}
			j.audited.Store(n)
		}
	}
}

// Audited returns how many lines the last audit found.
func (j *Journal) Audited() int64 { return j.audited.Load() }
