//! Tests of all rules through the crate's public interface.

mod it {
    mod cases;
    mod corpus;
    mod docs;
    mod fixes;
    mod harness;
    mod registration;
    mod repairs;
    mod std_guards;
}
