// SPDX-License-Identifier: GPL-3.0-or-later
//! The tool calls of one message, from the table `part`: on request only, never for totals.

use super::Database;
use crate::model::Problem;
use crate::source::tools::{MAX_BYTES, Part, ToolCalls};

/// The table is large: without its index a question for one message would read all of it.
const HAS_INDEX: &str = "
    SELECT count(*) FROM pragma_index_list('part') AS list, pragma_index_info(list.name) AS info
    WHERE info.seqno = 0 AND info.name = 'message_id'";

const PARTS: &str = "
    SELECT octet_length(data), CASE WHEN octet_length(data) <= ?2 THEN data END
    FROM part WHERE message_id = ?1 ORDER BY id";

impl Database {
    /// The tool calls of a message; none where it is not here.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn tool_calls(&self, message_id: &str) -> Result<ToolCalls, Problem> {
        let mut found = ToolCalls::default();
        if !self.has_parts()? {
            return Ok(found);
        }
        let limit = MAX_BYTES.cast_signed();
        self.file.each(PARTS, &[&message_id, &limit], |row| {
            let bytes = row.get::<_, i64>(0)?.unsigned_abs();
            // Of another type than text: broken, and counted as such.
            let data = row.get_ref(1)?.as_str().ok();
            found.take(bytes, data, Part::calls);
            Ok(())
        })?;
        Ok(found)
    }

    fn has_parts(&self) -> Result<bool, Problem> {
        if let Some(known) = self.has_parts.get() {
            return Ok(*known);
        }
        let found = self.file.one(HAS_INDEX, |row| row.get::<_, i64>(0))? > 0;
        Ok(*self.has_parts.get_or_init(|| found))
    }
}
