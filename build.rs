//! Tells cargo what the binary embeds besides code: without this a new migration, a new
//! scenario or a newly built portal would be missed until something else changes.

use std::fs;

/// Where `make web` puts the portal.
const PORTAL: &str = "web/dist";

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=scenarios");
    // A path that is not there counts as changed at every build, so the folder is made. Where
    // it cannot be (sources that are read-only) the build only does that work again.
    if let Err(error) = fs::create_dir_all(PORTAL) {
        println!("cargo:warning={PORTAL} cannot be made: {error}");
    }
    println!("cargo:rerun-if-changed={PORTAL}");
}
