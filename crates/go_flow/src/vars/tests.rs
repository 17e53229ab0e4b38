//! Variables of small functions.
