// SPDX-License-Identifier: GPL-3.0-or-later
//! The tool calls of one row of `session_message`: on request only, never for totals.

use super::Database;
use crate::model::Problem;
use crate::source::tools::{MAX_BYTES, Row, ToolCalls};

const ROW: &str = "
    SELECT octet_length(data), CASE WHEN octet_length(data) <= ?2 THEN data END
    FROM session_message WHERE id = ?1 AND type = 'assistant'";

impl Database {
    /// The tool calls of a step; none where it is not here.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn tool_calls(&self, step_id: &str) -> Result<ToolCalls, Problem> {
        let mut found = ToolCalls::default();
        let limit = MAX_BYTES.cast_signed();
        self.file.each(ROW, &[&step_id, &limit], |row| {
            let bytes = row.get::<_, i64>(0)?.unsigned_abs();
            let data = row.get_ref(1)?.as_str().ok();
            found.take(bytes, data, Row::calls);
            Ok(())
        })?;
        Ok(found)
    }
}
