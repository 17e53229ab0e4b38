package rows

import (
	"context"
	"database/sql"
	"errors"
)

func scanFails(db *sql.DB) ([]string, error) {
	rows, err := db.Query("select name from users") // want "the rows `rows` that"
	if err != nil {
		return nil, err
	}
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func first(db *sql.DB) (string, error) {
	rows, err := db.Query("select name from users") // want
	if err != nil {
		return "", err
	}
	var name string
	if rows.Next() {
		err = rows.Scan(&name)
	}
	return name, err
}

func exists(ctx context.Context, db *sql.DB) (bool, error) {
	rows, err := db.QueryContext(ctx, "select 1") // want
	if err != nil {
		return false, err
	}
	return rows.Next(), nil
}

func forExec(db *sql.DB) error {
	_, err := db.Query("delete from users") // want "nothing holds"
	return err
}

func breaks(tx *sql.Tx, wanted string) error {
	rows, err := tx.Query("select name from users") // want
	if err != nil {
		return err
	}
	for rows.Next() {
		var name string
		if rows.Scan(&name); name == wanted {
			break
		}
	}
	return nil
}

func columns(stmt *sql.Stmt) ([]string, error) {
	rows, err := stmt.Query() // want
	if err != nil {
		return nil, err
	}
	return rows.Columns()
}

func deferredTooLate(db *sql.DB) error {
	rows, err := db.Query("select name from users") // want
	if err != nil {
		return err
	}
	if cols, err := rows.Columns(); err != nil || len(cols) != 1 {
		return errors.New("unexpected columns")
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func query(db *sql.DB, table string) (*sql.Rows, error) {
	return db.Query("select * from " + table)
}

func throughHelper(db *sql.DB) (bool, error) {
	rows, err := query(db, "users") // want
	if err != nil {
		return false, err
	}
	return rows.Next(), nil
}

func perTable(db *sql.DB, tables []string) error {
	for _, table := range tables {
		rows, err := db.Query("select * from " + table) // want
		if err != nil {
			return err
		}
		if !rows.Next() {
			rows.Close()
			continue
		}
	}
	return nil
}
