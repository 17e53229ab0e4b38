package writers

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"text/tabwriter"
)

func buffered(w io.Writer, lines []string) error {
	b := bufio.NewWriter(w)
	for _, line := range lines {
		if _, err := b.WriteString(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

func deferred(w io.Writer, lines []string) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	for _, line := range lines {
		b.WriteString(line)
	}
}

func named(w io.Writer, data []byte) (err error) {
	z := gzip.NewWriter(w)
	defer func() { err = errors.Join(err, z.Close()) }()
	_, err = z.Write(data)
	return err
}

func table(rows [][2]string) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0)
	defer t.Flush()
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	return nil
}

func records(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

func recordsFlushed(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, row := range rows {
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Nobody wants the rest after an error.
func failed(w io.Writer, names []string) error {
	t := tar.NewWriter(w)
	for _, name := range names {
		if err := t.WriteHeader(&tar.Header{Name: name}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return t.Close()
}

func zipped(w io.Writer, name string) error {
	z := zip.NewWriter(w)
	f, err := z.Create(name)
	if err != nil {
		z.Close()
		return err
	}
	if _, err := f.Write([]byte("x")); err != nil {
		return err
	}
	return z.Close()
}

type sink struct {
	file *os.File
	buf  *bufio.Writer
	zip  *gzip.Writer
}

func newSink(f *os.File) *sink {
	z := gzip.NewWriter(f)
	return &sink{file: f, zip: z, buf: bufio.NewWriter(z)}
}

func (s *sink) Close() error {
	return errors.Join(s.buf.Flush(), s.zip.Close(), s.file.Close())
}

func (s *sink) reset(w io.Writer) {
	s.buf = bufio.NewWriter(w)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func maybeCompressed(w io.Writer, compress bool) io.WriteCloser {
	if compress {
		return gzip.NewWriter(w)
	}
	return nopCloser{w}
}

func maybeWrapped(w io.Writer, compress bool, data []byte) error {
	out := io.WriteCloser(nopCloser{w})
	if compress {
		out = gzip.NewWriter(w)
	}
	if _, err := out.Write(data); err != nil {
		return err
	}
	return out.Close()
}

func inner(b *bufio.Writer, data []byte) error {
	b.Write(data)
	return b.Flush()
}

func helper(w io.Writer, data []byte) error {
	return inner(bufio.NewWriter(w), data)
}

func helperLater(w io.Writer, data []byte) error {
	b := bufio.NewWriter(w)
	return inner(b, data)
}

func form(fields map[string]string) (string, []byte, error) {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			return "", nil, err
		}
	}
	if err := m.Close(); err != nil {
		return "", nil, err
	}
	return m.FormDataContentType(), body.Bytes(), nil
}

func piped(data []byte) io.Reader {
	r, w := io.Pipe()
	go func() {
		z := gzip.NewWriter(w)
		_, err := z.Write(data)
		if err == nil {
			err = z.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

func level(w io.Writer, data []byte) error {
	z, err := flate.NewWriter(w, flate.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	return z.Close()
}

func panics(w io.Writer, data []byte) {
	b := bufio.NewWriter(w)
	if _, err := b.Write(data); err != nil {
		panic(err)
	}
	if err := b.Flush(); err != nil {
		panic(err)
	}
}

func chained(w io.Writer, data []byte) (err error) {
	b := bufio.NewWriter(w)
	z := gzip.NewWriter(b)
	if _, err = z.Write(data); err != nil {
		return
	}
	if err = z.Close(); err != nil {
		return
	}
	return b.Flush()
}

func both(r io.Reader, w io.Writer) *bufio.ReadWriter {
	return bufio.NewReadWriter(bufio.NewReader(r), bufio.NewWriter(w))
}

func cleanups(w io.Writer) (out io.Writer, done func() error) {
	z := gzip.NewWriter(w)
	return z, z.Close
}
