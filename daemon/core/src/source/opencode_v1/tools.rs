// SPDX-License-Identifier: GPL-3.0-or-later
//! The tool calls of some messages, from the table `part`: on request only, never for totals.

use super::Database;
use crate::model::Problem;
use crate::source::tools::{MAX_BYTES, Part, ToolCalls};

/// The table is large: without its index a question for one message would read all of it.
const HAS_INDEX: &str = "
    SELECT count(*) FROM pragma_index_list('part') AS list, pragma_index_info(list.name) AS info
    WHERE info.seqno = 0 AND info.name = 'message_id'";

/// A statement costs as much as some messages do: locks, and a look at the WAL. The left side of a CROSS JOIN
/// is the outer loop, so that the parts come message by message as these were asked for.
const PARTS: &str = "
    SELECT wanted.key, octet_length(data), CASE WHEN octet_length(data) <= ?2 THEN data END
    FROM json_each(?1) AS wanted CROSS JOIN part ON part.message_id = wanted.value";

impl Database {
    /// The tool calls of each of some messages, none for one that is not here. Ends behind the message with
    /// which `max_bytes` were read: then the answer is shorter than the question.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn tool_calls(
        &self,
        message_ids: &[&str],
        max_bytes: u64,
    ) -> Result<Vec<ToolCalls>, Problem> {
        let mut found = vec![ToolCalls::default(); message_ids.len()];
        if !self.has_parts()? {
            return Ok(found);
        }
        let ids = serde_json::Value::from(message_ids).to_string();
        let (limit, mut bytes_read, mut last) = (MAX_BYTES.cast_signed(), 0, 0);
        let mut is_whole = true;
        self.file.each_while(PARTS, &[&ids, &limit], |row| {
            let place = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
            if place != last && bytes_read >= max_bytes {
                is_whole = false;
                return Ok(false);
            }
            last = place;
            let bytes = row.get::<_, i64>(1)?.unsigned_abs();
            bytes_read += bytes.min(MAX_BYTES);
            // Of another type than text: broken, and counted as such.
            let data = row.get_ref(2)?.as_str().ok();
            if let Some(calls) = found.get_mut(place) {
                calls.take(bytes, data, Part::calls);
            }
            Ok(true)
        })?;
        if !is_whole {
            found.truncate(last + 1);
        }
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
