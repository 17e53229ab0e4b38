package writers

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"text/tabwriter"
)

// Where nothing was written there is nothing to flush.
func onlyForSome(w io.Writer, names []string, wanted func(string) bool) {
	t := tabwriter.NewWriter(w, 0, 8, 1, ' ', 0)
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		fmt.Fprintf(t, "%s\t\n", name)
		t.Flush()
	}
}

// The error says that the archive is no good.
func refusedArchive(w io.Writer, names []string) error {
	z := zip.NewWriter(w)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			return err
		}
		if name == "" {
			return nameErrorf("no name among %d", len(names))
		}
	}
	return z.Close()
}

func nameErrorf(format string, args ...any) error {
	return fmt.Errorf(format, args...)
}

// The encoder flushes what it has.
func encodeAll(w io.Writer, bytes []byte) error {
	var e encoder
	e.w = bufio.NewWriter(w)
	for _, b := range bytes {
		e.put(b)
	}
	e.flush()
	return e.err
}

type encoder struct {
	w   *bufio.Writer
	err error
}

func (e *encoder) put(b byte) {
	if e.err == nil {
		e.err = e.w.WriteByte(b)
	}
}

func (e *encoder) flush() {
	if e.err == nil {
		e.err = e.w.Flush()
	}
}
