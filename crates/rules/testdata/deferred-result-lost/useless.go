package useless

import (
	"errors"
	"fmt"
	"time"
)

func direct(start time.Time) {
	defer time.Since(start)        // want "it does nothing else"
	defer fmt.Sprintf("%v", start) // want
	defer errors.New("never seen") // want
	defer fmt.Println(time.Since(start))
	defer func() { _ = time.Since(start) }()
	defer since()
}

func since() time.Duration { return 0 }
