//! Profiles that Go teams have and that deferscope writes, and the evidence that they hold for each
//! defer site.
