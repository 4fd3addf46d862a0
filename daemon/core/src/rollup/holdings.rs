// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger holds, by project and by source.

use rusqlite::{Connection, Row};

use crate::ledger::{Ledger, LedgerError, Part, counted, file_of, spans_are_kept};
use crate::model::NanoUsd;
use crate::wire::{Holdings, ProjectHolding, SourceHolding};

/// What the ledger holds, with its `limit` largest projects. How many months are kept is not known here.
///
/// # Errors
/// [`LedgerError::Sqlite`].
pub fn holdings(ledger: &Ledger, limit: usize) -> Result<Holdings, LedgerError> {
    let forgotten = ledger.forgotten_projects()?.into_iter();
    let mut forgotten: Vec<String> = forgotten.map(|it| it.worktree).collect();
    forgotten.dedup();
    ledger.read_at_once(|connection| {
        let sql = "SELECT coalesce(sum(steps), 0) FROM model_sum";
        let steps: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(Holdings {
            schema: 1,
            ledger: ledger.path().display().to_string(),
            ledger_bytes: ledger.bytes(),
            steps: steps.unsigned_abs(),
            sessions: sessions(connection)?,
            first_step_ms: first_step_ms(connection)?,
            keep_months: 0,
            projects: projects(connection, limit)?,
            forgotten_projects: forgotten,
            sources: sources(connection)?,
        })
    })
}

fn first_step_ms(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT (SELECT created_ms FROM step INDEXED BY step_created WHERE is_counted
                       ORDER BY created_ms LIMIT 1)";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Those with counted steps.
fn sessions(connection: &Connection) -> rusqlite::Result<u64> {
    if spans_are_kept(connection)? {
        return counted(connection, Part::All, 0);
    }
    let sql = "SELECT count(DISTINCT session_id) FROM session_sum WHERE steps > 0";
    let sessions: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(sessions.unsigned_abs())
}

fn projects(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<ProjectHolding>> {
    let from = match spans_are_kept(connection)? {
        true => format!(
            "part_sum AS d JOIN project ON d.part = {} AND project.id = d.number",
            Part::Project as i64
        ),
        false => "session_sum AS d JOIN session AS s ON s.id = d.session_id
             JOIN project ON project.id = s.project_id"
            .into(),
    };
    connection
        .prepare(&format!(
            "SELECT worktree, sum(d.steps) AS steps, sum(d.billed_nano_usd) FROM {from}
             GROUP BY worktree HAVING sum(d.steps) > 0 ORDER BY steps DESC, worktree LIMIT ?"
        ))?
        .query_map([limit as i64], |row| {
            Ok(ProjectHolding {
                project: row.get(0)?,
                steps: row.get::<_, i64>(1)?.unsigned_abs(),
                billed_usd: NanoUsd(row.get(2)?).usd(),
            })
        })?
        .collect()
}

fn sources(connection: &Connection) -> rusqlite::Result<Vec<SourceHolding>> {
    let source = |row: &Row| {
        let (source, generation): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(SourceHolding {
            path: file_of(&source, &generation).into(),
            generation,
            messages: row.get::<_, i64>(2)?.unsigned_abs(),
            newest_ms: row.get(3)?,
            unread_rows: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    };
    connection
        .prepare(
            "SELECT path, generation, messages, newest_ms,
                    (SELECT count(*) FROM unread WHERE source_id = source.id)
             FROM source ORDER BY id",
        )?
        .query_map([], source)?
        .collect()
}
