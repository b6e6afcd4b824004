//! Tells cargo that the binary embeds the migrations: without this a new file would
//! be missed until something else changes.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
