// SPDX-License-Identifier: GPL-3.0-or-later
//! One session of OpenCode 2: its rows from where they may have changed, and its totals beside them.

use super::Context;
use super::compare::compare_one;
use super::database::Outcome;
use super::database_v2::OpenDatabaseV2;
use crate::ledger::{Batch, Checkpoint, Place, SessionReading};
use crate::model::{Authority, Problem, Session};
use crate::source::opencode_v2::{Migration, ODD_TOTALS, Tail, Totals};
use crate::source::{Holding, Unread};

/// After a session's id: its totals, where they cannot be read.
pub(super) const TOTALS: &str = "#totals";

type OddOr<T> = Result<T, Unread>;
type SessionAnswers = (Option<Holding>, Option<Totals>, Option<Session>, Tail);

impl OpenDatabaseV2 {
    pub(super) fn read_session(
        &mut self,
        id: &str,
        sequence: i64,
        migration: Migration,
        checkpoint: &mut Checkpoint,
        context: &mut Context,
    ) -> Outcome<()> {
        let (holding, totals, session, tail) = match self.ask_session(id, sequence) {
            Ok(answers) => answers,
            Err(problem) => return Ok(Err(problem)),
        };
        compare_one(&self.key(), id, holding.as_ref(), context)?;
        checkpoint.newest_ms = tail
            .rows
            .steps
            .iter()
            .map(|step| step.created_ms)
            .max()
            .max(checkpoint.newest_ms);
        let place = Place {
            resume_seq: tail.resume_seq,
            settled: tail.settled,
            messages: tail.messages,
        };
        let reading = SessionReading {
            session_id: id.into(),
            totals,
            migration,
            copies: self
                .forks
                .as_ref()
                .map_or_else(Vec::new, |forks| forks.copies_of(id)),
            place,
            read_ms: context.now_ms,
        };
        // With the event number, so that a crash before it repeats the session.
        let sequences = [(id.to_owned(), sequence)];
        let batch = Batch {
            sessions: session.as_slice(),
            checkpoint: Some(checkpoint),
            sequences: &sequences,
            reading: Some(&reading),
            ..Batch::default()
        };
        context.record(tail.rows, batch, Authority::V2)?;
        self.places.get_or_insert_default().insert(id.into(), place);
        self.sequences.get_or_insert_default().insert(id, sequence);
        Ok(Ok(()))
    }

    /// The totals are left out where they changed while the rows were read: the commit that changed them
    /// is read next.
    fn ask_session(&self, id: &str, sequence: i64) -> Result<SessionAnswers, Problem> {
        // Without numbers nothing tells where in a session something changed.
        let known = self.places.as_ref().and_then(|places| places.get(id));
        let known = known.filter(|_| sequence != 0).copied();
        let known = known.unwrap_or(Place {
            resume_seq: i64::MIN,
            ..Place::default()
        });
        // Before the rows: what goes away later is missed then.
        let holding = self.database.holding(id)?;
        let before = self.totals(id)?;
        let session = self.database.session(id)?;
        let mut tail = self.database.tail(id, known.resume_seq)?;
        let is_gone = known.messages > 0 && tail.first_seq != Some(known.resume_seq);
        if tail.before != known.settled || is_gone {
            // A turn was reverted, or a row came in late.
            tail = self.database.tail(id, i64::MIN)?;
        }
        let totals = match self.totals(id)? {
            after if after != before => None,
            Ok(totals) => totals,
            Err(odd) => {
                tail.rows.unread.push(odd);
                None
            }
        };
        Ok((holding, totals, session, tail))
    }

    /// The inner error: they are there and cannot be read, which concerns this session alone.
    fn totals(&self, id: &str) -> Result<OddOr<Option<Totals>>, Problem> {
        match self.database.totals(id) {
            Err(problem) if problem.code == ODD_TOTALS => Ok(Err(Unread {
                id: format!("{id}{TOTALS}"),
                code: ODD_TOTALS,
                what: problem.what,
            })),
            other => Ok(Ok(other?)),
        }
    }
}
