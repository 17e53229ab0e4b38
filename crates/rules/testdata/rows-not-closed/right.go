package rows

import (
	"context"
	"database/sql"
	"errors"
	"log"
)

func deferred(db *sql.DB) (names []string, err error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Next closes at the end.
func readToTheEnd(db *sql.DB) (int, error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return 0, err
	}
	count := 0
	for rows.Next() {
		count++
	}
	return count, rows.Err()
}

func readToTheEndOrClosed(db *sql.DB, wanted string) (bool, error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return false, err
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			rows.Close()
			return false, err
		}
		if name == wanted {
			return true, rows.Close()
		}
	}
	return false, rows.Err()
}

func notNext(db *sql.DB) error {
	rows, err := db.Query("select name from users")
	if err != nil {
		return err
	}
	if !rows.Next() {
		return errors.New("no user")
	}
	return rows.Close()
}

func literal(db *sql.DB) error {
	rows, err := db.Query("select name from users")
	if err != nil {
		return err
	}
	defer func() {
		if err := rows.Close(); err != nil {
			log.Print(err)
		}
	}()
	rows.Next()
	return nil
}

func query(db *sql.DB, table string) (*sql.Rows, error) {
	rows, err := db.Query("select * from " + table)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func usesQuery(db *sql.DB) error {
	rows, err := query(db, "users")
	if err != nil {
		return err
	}
	defer rows.Close()
	rows.Next()
	return rows.Err()
}

func names(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, rows.Err()
}

func handsOn(db *sql.DB) ([]string, error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return nil, err
	}
	return names(rows)
}

type cursor struct{ rows *sql.Rows }

func newCursor(ctx context.Context, db *sql.DB) (*cursor, error) {
	rows, err := db.QueryContext(ctx, "select 1")
	if err != nil {
		return nil, err
	}
	return &cursor{rows: rows}, nil
}

func (c *cursor) Close() error { return c.rows.Close() }

func noRows(db *sql.DB) error {
	var name string
	err := db.QueryRow("select name from users").Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func rowKept(db *sql.DB) error {
	row := db.QueryRow("select name from users")
	var name string
	return row.Scan(&name)
}

func rowGiven(db *sql.DB) *sql.Row { return db.QueryRow("select name from users") }

func nilRows(db *sql.DB, wanted bool) error {
	var rows *sql.Rows
	if wanted {
		var err error
		rows, err = db.Query("select name from users")
		if err != nil {
			return err
		}
	}
	if rows != nil {
		rows.Close()
	}
	return nil
}

func inTransaction(tx *sql.Tx) error {
	rows, err := tx.Query("select name from users")
	if err != nil {
		return err
	}
	for rows.Next() {
		var name string
		if err = rows.Scan(&name); err != nil {
			break
		}
	}
	rows.Close()
	return err
}

func nextInCondition(db *sql.DB) (err error) {
	rows, err := db.Query("select name from users")
	if err != nil {
		return err
	}
	for i := 0; rows.Next(); i++ {
		if i > 10 {
			rows.Close()
			return errors.New("too many")
		}
	}
	return rows.Err()
}

func each(db *sql.DB, visit func(string) bool) error {
	rows, err := db.Query("select name from users")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if rows.Scan(&name) == nil && !visit(name) {
			return nil
		}
	}
	return rows.Err()
}
