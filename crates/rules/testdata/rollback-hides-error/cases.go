package rollback

import (
	"database/sql"
	"errors"
	"fmt"
	"log"
)

func returned(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		return tx.Rollback() // want "told of success"
	}
	return tx.Commit()
}

func assigned(db *sql.DB, id int) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users where id = ?", id)
	if err != nil {
		err = tx.Rollback() // want "takes the place of `err`"
		return err
	}
	return tx.Commit()
}

func inDefer(db *sql.DB, id int) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = tx.Rollback() // want
			return
		}
		err = tx.Commit()
	}()
	_, err = tx.Exec("delete from users where id = ?", id)
	return err
}

func whenItFails(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		if rerr := tx.Rollback(); rerr != nil { // want "returned without `err`"
			return rerr
		}
		return err
	}
	return tx.Commit()
}

func wrappedAlone(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users where id = ?", id)
	if err != nil {
		rerr := tx.Rollback() // want
		if rerr != nil {
			return fmt.Errorf("rollback: %w", rerr)
		}
		return err
	}
	return tx.Commit()
}

func withValue(db *sql.DB, id int) (int64, error) {
	tx, err := db.Begin()
	if err != nil {
		return 0, err
	}
	res, err := tx.Exec("delete from users where id = ?", id)
	if err != nil {
		return 0, tx.Rollback() // want
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, errors.Join(err, tx.Rollback())
	}
	return n, tx.Commit()
}

func loggedOnly(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		log.Println(err)
		return tx.Rollback() // want
	}
	return tx.Commit()
}

func inLiteral(db *sql.DB, ids []int) error {
	each := func(id int) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
			return tx.Rollback() // want
		}
		return tx.Commit()
	}
	for _, id := range ids {
		if err := each(id); err != nil {
			return err
		}
	}
	return nil
}

func andMore(db *sql.DB, id int, strict bool) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil && strict {
		return tx.Rollback() // want
	}
	return tx.Commit()
}

// Right from here on.

func idiom(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		return err
	}
	return tx.Commit()
}

func ignored(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func joined(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func bothInText(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		if rerr := tx.Rollback(); rerr != nil {
			return fmt.Errorf("%w; rollback: %v", err, rerr)
		}
		return err
	}
	return tx.Commit()
}

func rollbackLogged(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		if rerr := tx.Rollback(); rerr != nil {
			log.Println(rerr)
		}
		return err
	}
	return tx.Commit()
}

// Nothing failed: it is a dry run.
func dryRun(db *sql.DB, id int, dry bool) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		tx.Rollback()
		return err
	}
	if dry {
		return tx.Rollback()
	}
	return tx.Commit()
}

func keptBefore(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users where id = ?", id)
	if err != nil {
		first := err
		err = tx.Rollback()
		return errors.Join(first, err)
	}
	return tx.Commit()
}

func loggedBoth(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		log.Println("delete:", err)
		if rerr := tx.Rollback(); rerr != nil {
			return rerr
		}
		return err
	}
	return tx.Commit()
}

func inDeferJoined(db *sql.DB, id int) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err = tx.Exec("delete from users where id = ?", id); err != nil {
		return err
	}
	return tx.Commit()
}

type buffer struct{}

func (buffer) Rollback() {}

func noResult(b buffer, do func() error) error {
	if err := do(); err != nil {
		b.Rollback()
		return err
	}
	return nil
}

func otherVariable(db *sql.DB, id int) (err, rolled error) {
	tx, err := db.Begin()
	if err != nil {
		return err, nil
	}
	_, err = tx.Exec("delete from users where id = ?", id)
	if err != nil {
		rolled = tx.Rollback()
		return err, rolled
	}
	return tx.Commit(), nil
}

func own(tx *sql.Tx) error {
	return tx.Rollback()
}
