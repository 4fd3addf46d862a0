// SPDX-License-Identifier: GPL-3.0-or-later
//! What was recorded of a session before it was known when it began, or what project it is of.

use super::Recorder;
use crate::ledger::{copies, forget};

impl Recorder<'_> {
    /// At what was recorded of sessions that are others now, or new: the first ones of a ledger have nothing yet.
    pub(super) fn look_again_at(&mut self, sessions: &[i64]) -> rusqlite::Result<()> {
        let mut any = self.tx.prepare_cached("SELECT 1 FROM step LIMIT 1")?;
        if sessions.is_empty() || !any.exists([])? {
            return Ok(());
        }
        for session in sessions {
            self.forget_steps_of(*session)?;
            self.judge_steps_of(*session)?;
        }
        Ok(())
    }

    /// Takes the figures out of the steps that were recorded before their session came to a project that is
    /// forgotten.
    fn forget_steps_of(&mut self, session: i64) -> rusqlite::Result<()> {
        for (id, old) in forget::left_of(self.tx, session)? {
            let mut entry = old.clone();
            entry.forget();
            self.replace(id, &old, &entry)?;
        }
        Ok(())
    }

    /// Tells copies from originals again among steps that were recorded before it was known when their session
    /// began.
    fn judge_steps_of(&mut self, session: i64) -> rusqlite::Result<()> {
        for (id, uid, old) in copies::misjudged_of(self.tx, session)? {
            let mut entry = old.clone();
            entry.is_inherited = !old.is_inherited;
            entry.is_counted = entry.is_call()
                && (self.is_filling
                    || !entry.is_inherited
                    || !copies::has_twin(self.tx, &uid, &entry)?);
            self.replace(id, &old, &entry)?;
            if !entry.is_inherited && entry.is_counted && !self.is_filling {
                self.uncount_copies(&entry)?;
            }
        }
        Ok(())
    }
}
