// SPDX-License-Identifier: GPL-3.0-or-later
//! How a step went that the ledger keeps and OpenCode does not.

/// Why no source shows a step any more. It counts as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Its session is deleted.
    WithSession = 1,
    /// Its message is deleted; its session is there.
    Alone = 2,
    /// Its turn is reverted: OpenCode hides it until the next prompt and deletes it then.
    Reverted = 3,
}

impl Gone {
    /// From its number in the ledger.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::WithSession, Self::Alone, Self::Reverted]
            .into_iter()
            .find(|gone| *gone as i64 == number)
    }
}
