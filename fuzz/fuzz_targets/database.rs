// SPDX-License-Identifier: GPL-3.0-or-later
//! A database of OpenCode through the whole meter. Half of the inputs are damaged page by page: blind damage
//! hardly ever gets past the headers.

#![no_main]

#[path = "../../daemon/core/tests/mutate/mod.rs"]
mod mutate;
#[path = "../../daemon/core/tests/targets/mod.rs"]
mod targets;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use mutate::{Random, damage_page};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 4 == 0 || size < 512 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut bytes = data[..size].to_vec();
    damage_page(&mut bytes, &mut Random::new(seed.into()));
    bytes.truncate(max_size);
    data[..bytes.len()].copy_from_slice(&bytes);
    bytes.len()
});

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    targets::database(folder.path(), bytes);
});
