package queues

import (
	"log"
	"os"

	"k8s.io/client-go/util/workqueue"
)

type controller struct {
	queue workqueue.RateLimitingInterface
	done  chan bool
}

// Nothing is left of a queue in memory when the process ends.
func (c *controller) run(start func() error) {
	defer func() {
		c.queue.ShutDown()
		close(c.done)
	}()
	if err := start(); err != nil {
		log.Fatalf("start: %v", err)
	}
}

func (c *controller) runIn(dir string, start func() error) {
	defer func() {
		c.queue.ShutDown()
		os.RemoveAll(dir)
	}()
	if err := start(); err != nil {
		log.Fatalf("start: %v", err) // want
	}
}
