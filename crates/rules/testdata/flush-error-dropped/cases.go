package flush

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
)

func deferred(out io.Writer, lines []string) error {
	w := bufio.NewWriter(out)
	defer w.Flush() // want "the deferred `w.Flush()` drops its error"
	for _, line := range lines {
		if _, err := w.WriteString(line); err != nil {
			return err
		}
	}
	return nil
}

func byStatement(out io.Writer, lines []string) error {
	w := bufio.NewWriterSize(out, 1<<16)
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	w.Flush() // want "buffered writer `w`"
	return nil
}

func table(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(f, 0, 8, 1, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	tw.Flush() // want "tab writer `tw`"
	return f.Close()
}

func records(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	w.Flush() // want "nobody asks `Error` after `w.Flush()`"
	return f.Close()
}

// Error is asked before the flush that writes.
func askedTooEarly(out io.Writer, rows [][]string) error {
	w := csv.NewWriter(out)
	defer w.Flush() // want "nobody asks `Error`"
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	return w.Error()
}

// One way out does not ask.
func oneWay(out io.Writer, lines []string, quick bool) error {
	w := bufio.NewWriter(out)
	for _, line := range lines {
		w.WriteString(line)
	}
	if quick {
		w.Flush() // want
		return nil
	}
	return w.Flush()
}

func inLiteral(out io.Writer, line string) error {
	w := bufio.NewWriter(out)
	defer func() {
		w.Flush() // want
	}()
	_, err := w.WriteString(line)
	return err
}

// The file's close is checked, but what the buffer holds back never came there.
func fileChecked(path, text string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if _, err := w.WriteString(text); err != nil {
		return err
	}
	w.Flush() // want
	return nil
}

// Right from here on.

func returned(out io.Writer, line string) error {
	w := bufio.NewWriter(out)
	if _, err := w.WriteString(line); err != nil {
		return err
	}
	return w.Flush()
}

func checkedAfterDefer(out io.Writer, line string) error {
	w := bufio.NewWriter(out)
	defer w.Flush()
	if _, err := w.WriteString(line); err != nil {
		return err
	}
	return w.Flush()
}

func asked(out io.Writer, rows [][]string) error {
	w := csv.NewWriter(out)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func all(out io.Writer, rows [][]string) error {
	w := csv.NewWriter(out)
	return w.WriteAll(rows)
}

func inMemory(lines []string) (string, error) {
	var sb strings.Builder
	w := bufio.NewWriter(&sb)
	for _, line := range lines {
		w.WriteString(line)
	}
	w.Flush()
	return sb.String(), nil
}

func inBuffer(rows [][]string) ([]byte, error) {
	buf := new(bytes.Buffer)
	w := csv.NewWriter(buf)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return buf.Bytes(), nil
}

func answered(rw http.ResponseWriter, rows [][]string) error {
	w := csv.NewWriter(rw)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return nil
}

func printed(rows []string) error {
	tw := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0)
	defer tw.Flush()
	for _, row := range rows {
		fmt.Fprintln(tw, row)
	}
	return nil
}

func noError(out io.Writer, line string) {
	w := bufio.NewWriter(out)
	defer w.Flush()
	w.WriteString(line)
}

func meant(out io.Writer, line string) error {
	w := bufio.NewWriter(out)
	_, err := w.WriteString(line)
	_ = w.Flush()
	return err
}

// The writer keeps its first error and gives it again.
func inBetween(out io.Writer, chunks [][]byte) error {
	w := bufio.NewWriter(out)
	for _, chunk := range chunks {
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		w.Flush()
		if _, err := w.Write([]byte{'\n'}); err != nil {
			return err
		}
	}
	return w.Flush()
}

// It belongs to somebody else.
func borrowed(w *bufio.Writer, line string) error {
	_, err := w.WriteString(line)
	w.Flush()
	return err
}

type sink struct{ w *bufio.Writer }

func (s *sink) put(line string) error {
	_, err := s.w.WriteString(line)
	s.w.Flush()
	return err
}

func onError(out io.Writer, line string) error {
	w := bufio.NewWriter(out)
	if _, err := w.WriteString(line); err != nil {
		w.Flush()
		return err
	}
	return w.Flush()
}

func joined(out io.Writer, line string) (err error) {
	w := bufio.NewWriter(out)
	defer func() { err = errors.Join(err, w.Flush()) }()
	_, err = w.WriteString(line)
	return err
}

func discarded(lines []string) error {
	w := bufio.NewWriter(io.Discard)
	for _, line := range lines {
		w.WriteString(line)
	}
	w.Flush()
	return nil
}

// For people to read.
func tableForPeople(out io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(out, 0, 8, 1, ' ', 0)
	defer tw.Flush()
	for _, row := range rows {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	return nil
}

type streams struct{ Out, ErrOut io.Writer }

func (s streams) list(lines []string) error {
	w := bufio.NewWriter(s.Out)
	defer w.Flush()
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	return nil
}

// The buffer below keeps the error, and is asked.
func overBuffer(out io.Writer, rows [][]string) error {
	b := bufio.NewWriter(out)
	w := csv.NewWriter(b)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return b.Flush()
}
