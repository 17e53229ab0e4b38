package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
)

func names(db *sql.DB) ([]string, error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() { // want "`rows.Err()` is not asked"
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, nil
}

// The error of Close is not that of Next.
func closed(db *sql.DB) error {
	rows, err := db.Query("select 1")
	if err != nil {
		return err
	}
	for rows.Next() { // want
		log.Println("row")
	}
	return rows.Close()
}

// A helper is asked once for each row: too early.
func byHelper(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "select name from users")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() { // want
		name, err := scanName(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, nil
}

func scanName(rows *sql.Rows) (string, error) {
	var name string
	if err := rows.Scan(&name); err != nil {
		return "", err
	}
	return name, rows.Err()
}

func one(db *sql.DB) (string, error) {
	rows, err := db.Query("select name from users limit 1")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if !rows.Next() { // want
		return "", nil
	}
	var name string
	if err := rows.Scan(&name); err != nil {
		return "", err
	}
	return name, nil
}

// Asked on one way only.
func oneWay(db *sql.DB, strict bool) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() { // want
		n++
	}
	if strict {
		return n, rows.Err()
	}
	return n, nil
}

func endless(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for {
		if !rows.Next() { // want
			break
		}
		n++
	}
	return n, nil
}

// The next query takes the variable before anybody asked.
func overwritten(db *sql.DB) (int, error) {
	n := 0
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	for rows.Next() { // want
		n++
	}
	rows.Close()
	rows, err = db.Query("select 2")
	if err != nil {
		return 0, err
	}
	n++
	return n, rows.Close()
}

// It closes them, so nobody asks afterwards.
func taken(rows *sql.Rows) (int, error) {
	defer rows.Close()
	n := 0
	for rows.Next() { // want
		n++
	}
	return n, nil
}

func inTransaction(tx *sql.Tx, seen map[string]bool) error {
	rows, err := tx.Query("select name from users")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() { // want
		var name string
		if err = rows.Scan(&name); err != nil {
			break
		}
		seen[name] = true
	}
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	return nil
}

func inLiteral(db *sql.DB) (func() (int, error), error) {
	return func() (int, error) {
		rows, err := db.Query("select 1")
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		n := 0
		for rows.Next() { // want
			n++
		}
		return n, nil
	}, nil
}

// The error of the statement may come only with the first row.
func closedAtOnce(db *sql.DB, name string) error {
	rows, err := db.Query("insert into users (name) values ($1) returning id", name) // want "nobody learns whether"
	if err != nil {
		return err
	}
	return rows.Close()
}

func closedByDefer(db *sql.DB) error {
	rows, err := db.Query("select pg_sleep(1)") // want
	if err != nil {
		return err
	}
	defer rows.Close()
	return nil
}

// Right from here on.

// The caller learns that it failed, if not why.
func orError(db *sql.DB) (string, error) {
	rows, err := db.Query("select name from users limit 1")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if !rows.Next() {
		return "", errors.New("no such user")
	}
	var name string
	if err := rows.Scan(&name); err != nil {
		return "", err
	}
	if rows.Next() {
		return "", errors.New("more than one")
	}
	return name, nil
}

func onlyAsked(db *sql.DB) error {
	rows, err := db.Query("select pg_sleep(1)")
	if err != nil {
		return err
	}
	defer rows.Close()
	return rows.Err()
}

func alias(db *sql.DB) error {
	rows, err := db.Query("select pg_sleep(1)")
	if err != nil {
		return err
	}
	defer rows.Close()
	same := rows
	return same.Err()
}

func columns(db *sql.DB) ([]string, error) {
	rows, err := db.Query("select * from users limit 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

func asked(db *sql.DB) ([]string, error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}

func askedInIf(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("rows: %w", err)
	}
	return n, nil
}

func askedByDefer(db *sql.DB) (n int, err error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer func() {
		rows.Close()
		if err == nil {
			err = rows.Err()
		}
	}()
	for rows.Next() {
		n++
	}
	return n, nil
}

func askedByHelper(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	n := 0
	for rows.Next() {
		n++
	}
	return n, finish(rows)
}

func finish(rows *sql.Rows) error {
	return errors.Join(rows.Err(), rows.Close())
}

func askedByDeferredHelper(db *sql.DB) (n int, err error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer finishInto(rows, &err)
	for rows.Next() {
		n++
	}
	return n, nil
}

func finishInto(rows *sql.Rows, err *error) {
	if e := rows.Err(); *err == nil {
		*err = e
	}
	rows.Close()
}

// The caller has the rows, and asks.
func lent(rows *sql.Rows) int {
	n := 0
	for rows.Next() {
		n++
	}
	return n
}

func handedOn(db *sql.DB) (*sql.Rows, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		break
	}
	return rows, nil
}

type cursor struct{ rows *sql.Rows }

func (c *cursor) drain() int {
	n := 0
	for c.rows.Next() {
		n++
	}
	return n
}

func kept(db *sql.DB) (*cursor, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return nil, err
	}
	c := &cursor{rows: rows}
	for rows.Next() {
		log.Println("row")
	}
	return c, nil
}

func sets(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1; select 2")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for {
		for rows.Next() {
			n++
		}
		if !rows.NextResultSet() {
			break
		}
	}
	return n, rows.Err()
}

// On the ways that do not ask there is an error already.
func onlyErrors(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		if err = rows.Scan(&n); err != nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	return n, rows.Err()
}

func methodValue(db *sql.DB, check func(func() error)) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	check(rows.Err)
	return n, nil
}

func outside(db *sql.DB, run func(func())) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	run(func() {
		for rows.Next() {
			n++
		}
	})
	return n, rows.Err()
}

func fatal(db *sql.DB) {
	rows, err := db.Query("select 1")
	if err != nil {
		log.Fatal(err)
	}
	for rows.Next() {
		log.Println("row")
	}
	log.Fatal(rows.Err())
}

// Something else has a Next.
type list struct{ next *list }

func (l *list) Next() bool { l = l.next; return l != nil }

func own() int {
	l := newList()
	n := 0
	for l.Next() {
		n++
	}
	return n
}

func newList() *list { return &list{} }
