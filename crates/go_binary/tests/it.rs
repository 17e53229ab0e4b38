//! Programs from the outside: a tiny one that is made here, and those that come with Go.

#[path = "it/damage.rs"]
mod damage;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/made.rs"]
mod made;
#[path = "it/seeds.rs"]
mod seeds;
