package writers

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

func buffered(w io.Writer, lines []string) error {
	b := bufio.NewWriter(w) // want "is never flushed"
	for _, line := range lines {
		if _, err := b.WriteString(line); err != nil {
			return err
		}
	}
	return nil
}

func flushedOnlyWhenLong(w io.Writer, lines []string) {
	b := bufio.NewWriterSize(w, 1<<16) // want "is not flushed on every path"
	for _, line := range lines {
		b.WriteString(line)
	}
	if len(lines) > 10 {
		b.Flush()
	}
}

func table(rows [][2]string) {
	t := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0) // want
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
}

func records(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w) // want
	for _, row := range rows {
		if err := c.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// Flush does not write the end of the archive.
func compressed(w io.Writer, data []byte) error {
	z := gzip.NewWriter(w) // want
	if _, err := z.Write(data); err != nil {
		return err
	}
	return z.Flush()
}

func archive(w io.Writer, names []string) error {
	t := tar.NewWriter(w) // want
	for _, name := range names {
		if err := t.WriteHeader(&tar.Header{Name: name}); err != nil {
			return err
		}
	}
	return nil
}

func zipped(w io.Writer, name string) error {
	z := zip.NewWriter(w) // want
	f, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte("x"))
	if err != nil {
		return err
	}
	return nil
}

// The file is closed, what is buffered above it is lost.
func overFile(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewWriter(f) // want
	b.Write(data)
	return nil
}

func twoLevels(w io.Writer, data []byte) error {
	z := gzip.NewWriter(w) // want
	b := bufio.NewWriter(z)
	b.Write(data)
	return b.Flush()
}

func goodEnd(w io.Writer, stop bool) error {
	b := bufio.NewWriter(w) // want
	fmt.Fprintln(b, "head")
	if stop {
		return nil
	}
	fmt.Fprintln(b, "tail")
	return b.Flush()
}
