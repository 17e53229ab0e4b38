// Command spoold watches a folder and sends the CSV files that appear in it to the shop.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir := flag.String("dir", ".", "watch this `folder`")
	shop := flag.String("shop", "http://127.0.0.1:8080", "`address` of the shop")
	every := flag.Duration("every", 5*time.Second, "look this often")
	flag.Parse()

	lock := filepath.Join(*dir, "spoold.lock")
	if err := claim(lock); err != nil {
		log.Fatal(err)
	}
	defer os.Remove(lock) // planted: defer-before-endless-wait

	client := &http.Client{Timeout: 30 * time.Second}
	for {
		paths, err := filepath.Glob(filepath.Join(*dir, "*.csv"))
		if err != nil {
			log.Print(err)
		}
		for _, path := range paths {
			if err := send(client, *shop+"/products", path); err != nil {
				log.Print(err)
			}
		}
		time.Sleep(*every)
	}
}

// claim creates the lock file, and fails if another spoold has it.
func claim(lock string) error {
	f, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("is another spoold at work? %w", err)
	}
	return f.Close()
}

// send uploads a file and renames it, so that it is sent once.
func send(client *http.Client, url, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	resp, err := client.Post(url, "text/csv", f)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: the shop answered %s", path, resp.Status)
	}
	return os.Rename(path, path+".sent")
}
