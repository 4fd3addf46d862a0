// SPDX-License-Identifier: GPL-3.0-or-later
//! A database of OpenCode through the whole meter. Pairs of place and byte damage a real one: whole files
//! would hardly ever be databases.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::sync::{Depth, Origins};

const FIXTURES: [&[u8]; 3] = [
    include_bytes!("../../daemon/core/tests/fixtures/1.18.33/opencode/opencode.db"),
    include_bytes!("../../daemon/core/tests/fixtures/1.2.27/opencode/opencode.db"),
    include_bytes!("../../daemon/core/tests/fixtures/v2-stable-synthetic/opencode/opencode.db"),
];

fuzz_target!(|input: &[u8]| {
    let [which, edits @ ..] = input else { return };
    let mut bytes = FIXTURES[usize::from(*which) % FIXTURES.len()].to_vec();
    for edit in edits.chunks_exact(4) {
        let place = u32::from_be_bytes([0, edit[0], edit[1], edit[2]]) as usize;
        let end = bytes.len();
        bytes[place % end] = edit[3];
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data_dir = folder.path().join("opencode");
    std::fs::create_dir(&data_dir).expect("a folder");
    std::fs::write(data_dir.join("opencode.db"), bytes).expect("a file");
    let origins = Origins {
        data_dirs: vec![data_dir],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "fuzz".into(),
    };
    let mut meter =
        Meter::open(&folder.path().join("ledger.db"), origins, host).expect("a new ledger");
    for depth in [Depth::Quick, Depth::Thorough] {
        meter
            .sync(depth, &Zone::utc(), 1_795_200_000_000, &mut |_| true)
            .expect("a ledger that takes anything");
        let health = meter.health().expect("a ledger that can be read");
        assert_eq!(health.damage, None);
    }
});
