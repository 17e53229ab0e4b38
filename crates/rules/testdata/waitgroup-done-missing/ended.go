package groups

import (
	"log"
	"sync"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// It comes to `check` only with an error, and that ends the process.
func tries(jobs []func() error) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			var err error
			for range 3 {
				if err = job(); err == nil {
					wg.Done() // bug
					return
				}
			}
			check(err)
		}()
	}
	wg.Wait()
}
