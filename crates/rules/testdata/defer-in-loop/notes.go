package notes

import (
	"fmt"
	"net"
	"os"
	"time"
)

// Reported as notes.

func few() {
	for _, name := range []string{"a", "b", "c"} {
		f, err := os.Create(name)
		if err != nil {
			return
		}
		defer f.Close() // want "each of up to 3 iterations"
	}
	for i := 0; i < 3; i++ {
		timer := time.NewTimer(time.Second)
		defer timer.Stop() // want
	}
	for range 8 {
		timer := time.NewTimer(time.Second)
		defer timer.Stop() // want
	}
}

func said(names []string) {
	for _, name := range names {
		defer fmt.Println("end", name) // want "pile up"
	}
}

func oneOfTwo(tcp bool, dial func(string) (net.Conn, error)) error {
	networks := []string{"udp", "tcp"}
	if tcp {
		networks = networks[1:]
	}
	for _, network := range networks {
		conn, err := dial(network)
		if err != nil {
			return err
		}
		defer conn.Close() // want "each of up to 2 iterations"
	}
	return nil
}

func nothing(names []string) {
	for range names {
		defer func() {}() // want
	}
}

func itself(n int) {
	for i := 0; i < 10; i++ {
		defer itself(n - 1) // want "each of up to 10 iterations"
	}
}

// Not in each round: something is said or undone in a special case.
func special(names []string) {
	for _, name := range names {
		if name == "" {
			defer fmt.Println("an empty name")
		}
	}
}

func leaves(names []string) {
	for range names {
		defer fmt.Println("once")
		break
	}
}

func nested(names []string) {
	for range names {
		for range 4 {
			defer fmt.Println("inner") // want
		}
	}
}
