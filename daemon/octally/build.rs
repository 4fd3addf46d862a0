// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns the translations in `po/` into Rust, so that the program carries them.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=po");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("catalogues/translators.rs");
    include_po::generate_locales_from_dir("po", out)?;
    Ok(())
}
