//! What must hold of the prices that a user gives us.

use calibration::{Calibration, CalibrationError, Term};

/// Reads `bytes` as a calibration.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Calibration::parse("prices.toml", &text) {
        Ok(calibration) => check_prices(&calibration),
        Err(error) => {
            assert!(
                !matches!(error, CalibrationError::Read { .. }),
                "text that was read cannot fail so: {error}"
            );
            assert!(
                error.to_string().contains("prices.toml"),
                "{error} does not name the file"
            );
        }
    }
}

fn check_prices(calibration: &Calibration) {
    for minor in [0, 21, 27, u32::MAX] {
        let release = calibration.for_minor(minor);
        for &term in Term::ALL {
            if let Some(price) = release.price(term) {
                assert!(
                    price.ns.is_finite() && 0.0 <= price.low && price.low <= price.high,
                    "{term} costs {price:?}"
                );
            }
        }
    }
    // What was read is written, and read again with the same releases and terms.
    let text = calibration.to_toml();
    let again = match Calibration::parse("copy.toml", &text) {
        Ok(again) => again,
        Err(error) => panic!("what was written cannot be read: {error}"),
    };
    assert_eq!(again.machine, calibration.machine);
    let names = |calibration: &Calibration| -> Vec<(String, usize, usize)> {
        let releases = calibration.releases.iter();
        releases
            .map(|release| {
                (
                    release.go.clone(),
                    release.prices.len(),
                    release.cases.len(),
                )
            })
            .collect()
    };
    assert_eq!(names(&again), names(calibration));
}
