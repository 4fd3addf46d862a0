// SPDX-License-Identifier: GPL-3.0-or-later
//! What the sources hold now, each step once, against what the ledger holds.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::parts::{self, Sign};
use crate::ledger::{FORGOTTEN, Host, IS_OF_ROW, Ledger, LedgerError};
use crate::model::Gone;
use crate::wire::{Amounts, SessionParts};

/// A step of a source.
pub(super) struct Found<'a> {
    pub uid: &'a str,
    pub session: &'a str,
    pub authority: i64,
    pub updated_ms: Option<i64>,
    pub amounts: Amounts,
}

/// The steps found so far, in a temporary table beside the ledger.
pub(super) struct Union<'a> {
    ledger: &'a Ledger,
    host: &'a str,
    /// How many sessions of each line are wanted; 0 for none, and then none are kept.
    sessions: usize,
}

impl Drop for Union<'_> {
    fn drop(&mut self) {
        // It goes with the connection anyway.
        let _ = self.ledger.read(|connection| {
            connection
                .execute_batch("DROP TABLE IF EXISTS temp.found; DROP TABLE IF EXISTS temp.part")
        });
    }
}

impl<'a> Union<'a> {
    pub fn begin(ledger: &'a Ledger, host: &'a Host, sessions: usize) -> Result<Self, LedgerError> {
        ledger.read(|connection| {
            parts::begin(connection)?;
            connection.execute_batch(
                "DROP TABLE IF EXISTS temp.found;
                 CREATE TEMP TABLE found (
                     uid TEXT PRIMARY KEY, authority INTEGER NOT NULL, steps INTEGER NOT NULL,
                     input INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
                     cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
                     nano_usd INTEGER NOT NULL, updated_ms INTEGER
                 ) WITHOUT ROWID",
            )
        })?;
        let host = &host.id;
        Ok(Self {
            ledger,
            host,
            sessions,
        })
    }

    /// Adds steps and returns what was there already: of two readings of a step the one that the ledger
    /// counts stays.
    pub fn add(&self, found: &[Found]) -> Result<Amounts, LedgerError> {
        self.ledger.read(|connection| {
            let page = connection.unchecked_transaction()?;
            let mut repeated = Amounts::default();
            for row in found {
                let again = self.add_one(connection, row)?;
                repeated += again;
                if self.sessions > 0 && !again.is_zero() {
                    let less = Amounts::default() - again;
                    parts::add(connection, "repeated", row.session, less)?;
                }
            }
            page.commit()?;
            Ok(repeated)
        })
    }

    fn add_one(&self, connection: &Connection, row: &Found) -> rusqlite::Result<Amounts> {
        let known = connection
            .prepare_cached(
                "SELECT steps, input, output, reasoning, cache_read, cache_write, nano_usd, authority,
                     updated_ms
                 FROM temp.found WHERE uid = ?",
            )?
            .query_row([row.uid], |row| {
                Ok((amounts(row)?, (row.get::<_, i64>(7)?, row.get(8)?)))
            })
            .optional()?;
        if let Some((old, rank)) = known {
            let is_known_better = match rank.cmp(&(row.authority, row.updated_ms)) {
                Ordering::Less => false,
                Ordering::Equal => {
                    old != row.amounts && self.is_recorded(connection, row.uid, old)?
                }
                Ordering::Greater => true,
            };
            if is_known_better {
                return Ok(row.amounts);
            }
        }
        let a = &row.amounts;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO temp.found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                row.uid,
                row.authority,
                a.steps,
                a.input,
                a.output,
                a.reasoning,
                a.cache_read,
                a.cache_write,
                a.stored_nano_usd,
                row.updated_ms,
            ])?;
        Ok(known.map(|(old, _)| old).unwrap_or_default())
    }

    /// Whether the ledger has a step with these figures: of two readings that were written at the same time
    /// it knows which counts.
    fn is_recorded(
        &self,
        connection: &Connection,
        uid: &str,
        found: Amounts,
    ) -> rusqlite::Result<bool> {
        let recorded = connection
            .prepare_cached(
                "SELECT is_counted, input, output, reasoning, cache_read, cache_write,
                     coalesce(stored_nano_usd, 0)
                 FROM step WHERE uid = ?1 AND host_id = (SELECT id FROM host WHERE uid = ?2)",
            )?
            .query_row([uid, self.host], amounts)
            .optional()?;
        Ok(recorded.is_some_and(|recorded| {
            Amounts {
                steps: found.steps,
                ..recorded
            } == found
        }))
    }

    /// Whether the sessions of lines are wanted.
    pub fn has_sessions(&self) -> bool {
        self.sessions > 0
    }

    /// Adds what sessions have in a line, where that is wanted.
    pub fn tell<S: AsRef<str>>(
        &self,
        line: &str,
        parts: &[(S, Amounts)],
    ) -> Result<(), LedgerError> {
        if self.sessions == 0 {
            return Ok(());
        }
        self.ledger.read(|connection| {
            let page = connection.unchecked_transaction()?;
            for (session, amounts) in parts {
                parts::add(connection, line, session.as_ref(), *amounts)?;
            }
            page.commit()
        })
    }

    /// The sessions of a line, if they are wanted.
    pub fn sessions(&self, line: &str) -> Result<Option<SessionParts>, LedgerError> {
        if self.sessions == 0 {
            return Ok(None);
        }
        let largest = |connection: &Connection| parts::largest(connection, line, self.sessions);
        self.ledger.read(largest).map(Some)
    }

    /// The ledger's sums, as every answer of Octally's is made of.
    pub fn shown(&self) -> Result<Amounts, LedgerError> {
        self.ask(
            "SELECT coalesce(sum(steps), 0), coalesce(sum(input), 0), coalesce(sum(output), 0),
                 coalesce(sum(reasoning), 0), coalesce(sum(cache_read), 0),
                 coalesce(sum(cache_write), 0), coalesce(sum(billed_nano_usd), 0)
             FROM quarter WHERE ?1 IS NOT NULL",
        )
    }

    /// Rows that the ledger has as copies of a step that counts: one of the same instant and model. Its figures
    /// may be others since.
    pub fn fork_copies(&self) -> Result<Amounts, LedgerError> {
        let from = format!(
            "FROM temp.found AS f JOIN step AS s ON s.uid = f.uid AND {OURS}
             WHERE f.steps AND s.is_inherited AND NOT s.is_counted AND ({IS_OF_ROW} OR EXISTS (
                 SELECT 1 FROM step AS t WHERE t.created_ms = s.created_ms AND t.is_counted
                     AND t.model_id = s.model_id))"
        );
        self.sum("fork_copies", FOUND, &from, Sign::Less)
    }

    /// What a row with a higher authority, or a later written one, said before it went away, against the one
    /// that is left.
    pub fn kept_figures(&self) -> Result<Amounts, LedgerError> {
        let from = format!(
            "FROM temp.found AS f JOIN step AS s ON s.uid = f.uid AND {OURS}
             WHERE s.authority <> {FORGOTTEN} AND (s.authority > f.authority
                     OR (s.authority = f.authority AND s.updated_ms > f.updated_ms))
                 AND (s.is_counted OR NOT s.is_inherited)"
        );
        let now = self.sum("kept_figures", FOUND, &from, Sign::Less)?;
        let then = format!("{from} AND s.is_counted");
        Ok(self.sum("kept_figures", STEPS, &then, Sign::More)? + now)
    }

    /// What the user wanted forgotten and the sources still have.
    pub fn forgotten(&self) -> Result<Amounts, LedgerError> {
        let from = format!(
            "FROM temp.found AS f JOIN step AS s ON s.uid = f.uid AND {OURS}
             WHERE s.authority = {FORGOTTEN}"
        );
        self.sum("forgotten", FOUND, &from, Sign::Less)
    }

    /// What OpenCode has deleted with its session, remainders included; alone; or in a reverted turn.
    pub fn gone(&self, line: &str, gone: Gone) -> Result<Amounts, LedgerError> {
        let gone = gone as i64;
        self.counted(line, &format!("{OURS} AND {IS_MISSED} AND s.gone = {gone}"))
    }

    pub fn unread_kept(&self) -> Result<Amounts, LedgerError> {
        self.missed(
            "unread_kept",
            &format!("NOT {IS_REMAINDER} AND {IS_UNREAD}"),
        )
    }

    /// What no source said that could be read just now, and what is not known to be gone either.
    pub fn out_of_reach(&self) -> Result<Amounts, LedgerError> {
        self.missed(
            "out_of_reach",
            &format!("NOT {IS_REMAINDER} AND NOT {IS_UNREAD}"),
        )
    }

    pub fn remainder(&self) -> Result<Amounts, LedgerError> {
        self.missed("remainder", IS_REMAINDER)
    }

    pub fn other_machines(&self) -> Result<Amounts, LedgerError> {
        let condition = "s.host_id IS NOT (SELECT id FROM host WHERE uid = ?1)";
        self.counted("other_machines", condition)
    }

    /// What OpenCode hides and will delete with the next prompt.
    pub fn hidden(&self) -> Result<Amounts, LedgerError> {
        let reverted = Gone::Reverted as i64;
        let condition = format!("{OURS} AND s.gone = {reverted} AND NOT {IS_MISSED}");
        self.counted("hidden", &condition)
    }

    pub fn archived(&self) -> Result<Amounts, LedgerError> {
        self.counted(
            "archived",
            "s.session_id IN (SELECT id FROM session WHERE archived_ms IS NOT NULL)
             AND ?1 IS NOT NULL",
        )
    }

    pub fn orphan_copies(&self) -> Result<Amounts, LedgerError> {
        self.counted("orphan_copies", "s.is_inherited AND ?1 IS NOT NULL")
    }

    pub fn wrong_cost(&self) -> Result<Amounts, LedgerError> {
        self.counted("wrong_cost", "s.cost_note IS NOT NULL AND ?1 IS NOT NULL")
    }

    fn missed(&self, line: &str, condition: &str) -> Result<Amounts, LedgerError> {
        let condition = format!("{OURS} AND {IS_MISSED} AND s.gone IS NULL AND {condition}");
        self.counted(line, &condition)
    }

    fn counted(&self, line: &str, condition: &str) -> Result<Amounts, LedgerError> {
        let from = format!("FROM step AS s WHERE s.is_counted AND {condition}");
        self.sum(line, STEPS, &from, Sign::More)
    }

    /// The sum of some steps, more or less, and the same for each session of the line.
    fn sum(&self, line: &str, sums: &str, from: &str, sign: Sign) -> Result<Amounts, LedgerError> {
        if self.sessions > 0 {
            self.ledger.read(|connection| {
                parts::add_all(connection, line, self.host, (sums, from), sign)
            })?;
        }
        Ok(sign.of(self.ask(&format!("SELECT {sums} {from}"))?))
    }

    /// Asks for one row of sums; `?1` is our host.
    fn ask(&self, sql: &str) -> Result<Amounts, LedgerError> {
        self.ledger
            .read(|connection| connection.query_row(sql, [self.host], amounts))
    }
}

const OURS: &str = "s.host_id = (SELECT id FROM host WHERE uid = ?1)";
const IS_MISSED: &str = "NOT EXISTS (SELECT 1 FROM temp.found AS f WHERE f.uid = s.uid)";
const IS_REMAINDER: &str = "(s.uid LIKE '%#remainder' OR s.uid LIKE '%#remainder@%')";
const IS_UNREAD: &str = "EXISTS (SELECT 1 FROM unread AS u WHERE u.uid = s.uid)";
const STEPS: &str = "count(*), coalesce(sum(s.input), 0), coalesce(sum(s.output), 0),
    coalesce(sum(s.reasoning), 0), coalesce(sum(s.cache_read), 0), coalesce(sum(s.cache_write), 0),
    coalesce(sum(s.stored_nano_usd), 0)";
const FOUND: &str =
    "coalesce(sum(f.steps), 0), coalesce(sum(f.input), 0), coalesce(sum(f.output), 0),
    coalesce(sum(f.reasoning), 0), coalesce(sum(f.cache_read), 0), coalesce(sum(f.cache_write), 0),
    coalesce(sum(f.nano_usd), 0)";

/// The first seven columns of a row.
pub(super) fn amounts(row: &Row) -> rusqlite::Result<Amounts> {
    Ok(Amounts {
        steps: row.get(0)?,
        input: row.get(1)?,
        output: row.get(2)?,
        reasoning: row.get(3)?,
        cache_read: row.get(4)?,
        cache_write: row.get(5)?,
        stored_nano_usd: row.get(6)?,
    })
}
