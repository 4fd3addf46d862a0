// SPDX-License-Identifier: GPL-3.0-or-later
//! What OpenCode, its user and the meter do.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Op {
    /// A new call in a session.
    Append {
        session: usize,
        input: u64,
        output: u64,
    },
    /// An old call gets other figures, as when its row is written again.
    Update {
        call: usize,
        output: u64,
    },
    /// A row is written again as it is.
    Duplicate {
        call: usize,
    },
    /// A new session with copies of all calls of another.
    Fork {
        session: usize,
    },
    /// The rows of a session are gone, with the session or without it.
    Delete {
        session: usize,
        is_whole: bool,
    },
    /// One answer is gone.
    DeleteMessage {
        call: usize,
    },
    /// A turn and what followed are hidden until the next prompt, which deletes them.
    Revert {
        call: usize,
    },
    /// What is hidden is shown again.
    Unrevert {
        session: usize,
    },
    Backup,
    /// The database is replaced by the backup.
    Restore,
    /// Rows come in with old times and without events, as by `opencode import`.
    Import {
        input: u64,
    },
    /// The newest rows of the file are lost, as by a crash, and no event tells.
    Truncate {
        calls: usize,
    },
    /// All rows are written again in the opposite order, as by a dump that is read in.
    Reorder,
    Vacuum,
    /// A session gets another parent, one that is not there yet, or none.
    Adopt {
        session: usize,
        parent: usize,
    },
    /// A session is one of another project.
    Move {
        session: usize,
    },
    /// Nothing happens for so many hours.
    Wait {
        hours: i64,
    },
    Sync {
        thorough: bool,
    },
    /// The meter is dropped and opened again.
    Restart,
    /// A sync that is stopped after its first batch.
    Interrupt,
}

pub fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..4_usize, 1..5_000_u64, 0..500_u64)
            .prop_map(|(session, input, output)| Op::Append { session, input, output }),
        2 => (0..64_usize, 0..500_u64).prop_map(|(call, output)| Op::Update { call, output }),
        1 => (0..64_usize).prop_map(|call| Op::Duplicate { call }),
        1 => (0..4_usize).prop_map(|session| Op::Fork { session }),
        1 => (0..4_usize, any::<bool>())
            .prop_map(|(session, is_whole)| Op::Delete { session, is_whole }),
        1 => (0..64_usize).prop_map(|call| Op::DeleteMessage { call }),
        2 => (0..64_usize).prop_map(|call| Op::Revert { call }),
        1 => (0..4_usize).prop_map(|session| Op::Unrevert { session }),
        1 => Just(Op::Backup),
        1 => Just(Op::Restore),
        1 => (1..5_000_u64).prop_map(|input| Op::Import { input }),
        1 => (1..6_usize).prop_map(|calls| Op::Truncate { calls }),
        1 => Just(Op::Reorder),
        1 => Just(Op::Vacuum),
        2 => (0..4_usize, 0..7_usize).prop_map(|(session, parent)| Op::Adopt { session, parent }),
        1 => (0..4_usize).prop_map(|session| Op::Move { session }),
        1 => (1..6_i64).prop_map(|hours| Op::Wait { hours }),
        4 => any::<bool>().prop_map(|thorough| Op::Sync { thorough }),
        1 => Just(Op::Restart),
        1 => Just(Op::Interrupt),
    ]
}

/// What is deleted or changed unseen is unknown to everybody.
pub fn hides_something(op: &Op) -> bool {
    matches!(
        op,
        Op::Append { .. }
            | Op::Delete { .. }
            | Op::DeleteMessage { .. }
            | Op::Restart
            | Op::Restore
            | Op::Truncate { .. }
            | Op::Update { .. }
    )
}
