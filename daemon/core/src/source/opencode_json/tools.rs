// SPDX-License-Identifier: GPL-3.0-or-later
//! The tool calls of one message, from its part files: on request only, never for totals. 0.1 kept
//! them within the message.

use std::collections::BTreeSet;

use rustix::fs::CWD;

use super::Tree;
use super::file::Reader;
use super::folder::Folder;
use crate::model::Problem;
use crate::source::tools::{MAX_BYTES, Message, Part, ToolCalls};

impl Tree {
    /// The tool calls of a message; none where it is not here. The same part in two stores counts once.
    ///
    /// # Errors
    /// See [`Self::stamp`].
    pub fn tool_calls(&self, session_id: &str, message_id: &str) -> Result<ToolCalls, Problem> {
        let mut found = ToolCalls::default();
        let mut seen = BTreeSet::new();
        let mut reader = Reader::default();
        for store in self.part_stores(session_id) {
            let Some(folder) = Folder::open(&store.parts(session_id, message_id))? else {
                continue;
            };
            for name in folder
                .names
                .iter()
                .filter(|name| seen.insert((*name).clone()))
            {
                let is_small = folder
                    .look(name)
                    .is_some_and(|look| look.bytes <= MAX_BYTES);
                let part = if is_small {
                    reader.read::<Part>(&folder.fd, name)
                } else {
                    None
                };
                found.bytes += part
                    .as_ref()
                    .and_then(|part| part.look)
                    .map_or(0, |look| look.bytes);
                match part.map(|part| part.value) {
                    Some(Ok(part)) => found.calls.extend(part.calls()),
                    _ => found.unreadable += 1,
                }
            }
        }
        if seen.is_empty() {
            found.merge(self.calls_within(session_id, message_id));
        }
        Ok(found)
    }

    /// What is missing or broken is so for the sync too, which says so.
    fn calls_within(&self, session_id: &str, message_id: &str) -> ToolCalls {
        let name = format!("{message_id}.json");
        let stores = self.part_stores(session_id).into_iter();
        let mut messages = stores.filter_map(|store| {
            let path = store.messages().join(session_id).join(&name);
            let outcome = Reader::default().read::<Message>(&CWD, &path.to_string_lossy())?;
            Some((
                outcome.value.ok()?,
                outcome.look.map_or(0, |look| look.bytes),
            ))
        });
        let (calls, bytes) = messages
            .next()
            .map_or_else(Default::default, |(message, bytes)| {
                (message.calls(), bytes)
            });
        ToolCalls {
            calls,
            bytes,
            unreadable: 0,
        }
    }
}
