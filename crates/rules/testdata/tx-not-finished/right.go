package txs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

func deferred(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	return tx.Commit()
}

func byHand(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

func joined(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		if rerr := tx.Rollback(); rerr != nil {
			return errors.Join(err, rerr)
		}
		return err
	}
	return tx.Commit()
}

func namedError(db *sql.DB) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
			return
		}
		err = tx.Commit()
	}()
	_, err = tx.Exec("delete from users")
	return err
}

func recovers(db *sql.DB, do func(*sql.Tx) error) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			tx.Rollback()
			panic(p)
		} else if err != nil {
			tx.Rollback()
		} else {
			err = tx.Commit()
		}
	}()
	err = do(tx)
	return err
}

func finish(tx *sql.Tx, err *error) {
	if *err != nil {
		tx.Rollback()
		return
	}
	*err = tx.Commit()
}

func helperFinishes(db *sql.DB) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer finish(tx, &err)
	_, err = tx.Exec("delete from users")
	return err
}

func flag(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			tx.Rollback()
		}
	}()
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	committed = true
	return nil
}

func given(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec("set role reader"); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

type unit struct{ tx *sql.Tx }

func newUnit(db *sql.DB) (*unit, error) {
	tx, err := db.Begin()
	if err != nil {
		return nil, err
	}
	return &unit{tx}, nil
}

func (u *unit) Commit() error { return u.tx.Commit() }

type key struct{}

func inContext(ctx context.Context, db *sql.DB) (context.Context, error) {
	tx, err := db.Begin()
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, key{}, tx), nil
}

func nested(db *sql.DB) error {
	tx, err := db.Begin()
	if err == nil {
		if _, err = tx.Exec("delete from users"); err == nil {
			return tx.Commit()
		}
		tx.Rollback()
	}
	return err
}

func literal(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	err = func() error {
		_, err := tx.Exec("delete from users")
		return err
	}()
	if err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

func fail(tx *sql.Tx, err error) error {
	if rerr := tx.Rollback(); rerr != nil {
		return fmt.Errorf("%w (rolling back: %v)", err, rerr)
	}
	return err
}

func failHelper(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		return fail(tx, err)
	}
	return tx.Commit()
}

func localFail(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	fail := func(err error) error {
		tx.Rollback()
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		return fail(err)
	}
	if _, err := tx.Exec("delete from groups"); err != nil {
		return fail(err)
	}
	return tx.Commit()
}

func jumps(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err = tx.Exec("delete from users"); err != nil {
		goto fail
	}
	if _, err = tx.Exec("delete from groups"); err != nil {
		goto fail
	}
	return tx.Commit()
fail:
	tx.Rollback()
	return err
}

func loop(db *sql.DB, tries int) (err error) {
	for range tries {
		var tx *sql.Tx
		if tx, err = db.Begin(); err != nil {
			continue
		}
		if _, err = tx.Exec("delete from users"); err != nil {
			_ = tx.Rollback()
			continue
		}
		if err = tx.Commit(); err == nil {
			return nil
		}
	}
	return err
}
