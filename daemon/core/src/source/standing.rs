// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether a source still has what it once had.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Row;
use serde::Deserialize;

/// Whether a source has a row. Of several sources the largest answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has none.
    Absent,
    /// It has one that OpenCode does not show, for its turn is reverted. The next prompt deletes it.
    Hidden,
    /// It cannot be told now. Unknown is not gone.
    Unknown,
    /// It has one.
    Present,
}

impl Standing {
    /// Of a row that is there or not.
    pub fn of(is_there: bool) -> Self {
        if is_there {
            Self::Present
        } else {
            Self::Absent
        }
    }
}

/// What a source has of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// `ses_...`
    pub session_id: String,
    /// Of its rows and of how far it is reverted: the same digest means that no row has come or gone.
    /// Another build of this program may make another one.
    pub digest: i64,
    /// Whether a turn of it is reverted and not deleted yet.
    pub is_reverted: bool,
}

impl Holding {
    /// From a digest of the rows and what the session says of its revert.
    pub(super) fn new(session_id: String, rows: i64, revert: Option<&Revert>) -> Self {
        let mut hasher = DefaultHasher::new();
        revert.hash(&mut hasher);
        let of_revert = revert.map_or(0, |_| hasher.finish().cast_signed());
        Self {
            session_id,
            digest: rows.wrapping_add(of_revert),
            is_reverted: revert.is_some(),
        }
    }
}

/// From where on the messages of a session are reverted: OpenCode shows none of them any more, and
/// deletes them with the next prompt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Revert {
    /// The first of them.
    #[serde(rename = "messageID")]
    pub message_id: String,
    /// Set where that message itself stays, up to this part.
    #[serde(rename = "partID")]
    part_id: Option<String>,
}

impl Revert {
    /// From the column `revert` of a session, which may be of any type; its other fields are left where
    /// they are.
    pub(super) fn of(row: &Row, column: usize) -> Option<Self> {
        let json = row.get_ref(column).ok()?.as_str().ok()?;
        serde_json::from_str(json).ok()
    }

    /// Whether a message of OpenCode 1 is hidden: it goes by ids, which grow.
    pub fn hides(&self, message_id: &str) -> bool {
        message_id > self.message_id.as_str()
            || (message_id == self.message_id && self.part_id.is_none())
    }
}
