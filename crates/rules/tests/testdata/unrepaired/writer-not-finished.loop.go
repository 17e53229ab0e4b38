package p

import (
	"bufio"
	"fmt"
	"io"
)

func f(outs []io.Writer) error {
	for _, out := range outs {
		b := bufio.NewWriter(out)
		fmt.Fprintln(b, "x")
	}
	return nil
}
