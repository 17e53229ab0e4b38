// Command migrate prepares the shop's database and writes down what it did.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	_ "example.com/shop/internal/fakedb"
	"example.com/shop/internal/files"
	"example.com/shop/internal/store"
)

func main() {
	driver := flag.String("driver", "fakedb", "database/sql `driver`")
	dsn := flag.String("dsn", "shop", "data source `name`")
	path := flag.String("report", "migrate.log", "write the steps to this `file`")
	check := flag.String("check", "", "only check the CSV files in this `folder`")
	flag.Parse()

	if *check != "" {
		os.Exit(checkFolder(*check))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := store.Open(ctx, *driver, *dsn)
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.Create(*path)
	if err != nil {
		log.Fatal(err)
	}
	report := bufio.NewWriter(out)
	defer func() {
		if err := errors.Join(report.Flush(), out.Close(), db.Close()); err != nil {
			log.Print(err)
		}
	}()
	if err := db.Migrate(ctx, report); err != nil {
		log.Fatalf("migrate: %v", err) // planted: exit-skips-defer
	}
	fmt.Printf("migrated; the steps are in %s\n", *path)
}

// checkFolder returns the exit code: how many files are bad, at most 100.
func checkFolder(dir string) int {
	results, err := files.Check(dir)
	if err != nil {
		log.Print(err)
		return 100
	}
	bad := 0
	for path, err := range results {
		if err != nil {
			log.Printf("%s: %v", path, err)
			bad++
		}
	}
	return min(bad, 100)
}
