// SPDX-License-Identifier: GPL-3.0-or-later
//! Which sessions OpenCode 2 has forked, and so where copies of a session's rows are.

use std::collections::HashMap;

use super::load::Database;
use crate::model::Problem;

/// The forks of OpenCode 2 in one database.
#[derive(Debug, Default)]
pub struct Forks {
    /// By the session that was forked: each fork with its creation.
    of: HashMap<String, Vec<(String, i64)>>,
    /// By the fork: the session that was forked.
    from: HashMap<String, String>,
}

/// A session with copies of another one's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiesIn {
    /// The fork, or a fork of one.
    pub session_id: String,
    /// When the first fork on the way was made, Unix milliseconds: rows that are no older were made in a fork.
    pub before_ms: i64,
}

impl Database {
    /// All forks of OpenCode 2. Those of OpenCode 1 have no mark.
    ///
    /// # Errors
    /// See [`Self::data_version`].
    pub fn forks(&self) -> Result<Forks, Problem> {
        let mut forks = Forks::default();
        if !self.has_totals {
            return Ok(forks);
        }
        let sql = "SELECT fork_session_id, id, time_created FROM session_v2
            WHERE typeof(fork_session_id) = 'text' AND typeof(id) = 'text'
                AND typeof(time_created) = 'integer'";
        self.file.each(sql, &[], |row| {
            forks.add(row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(())
        })?;
        Ok(forks)
    }
}

impl Forks {
    fn add(&mut self, of: String, fork: String, created_ms: i64) {
        self.from.insert(fork.clone(), of.clone());
        self.of.entry(of).or_default().push((fork, created_ms));
    }

    /// How many forks lie between a session and one that is none: 1 for a fork of such a one.
    pub fn depth(&self, session_id: &str) -> usize {
        let line = std::iter::successors(self.from.get(session_id), |of| self.from.get(*of));
        // Damaged data may make a session its own fork.
        line.take(self.from.len()).count()
    }

    /// Where copies of the rows of a session are.
    pub fn copies_of(&self, session_id: &str) -> Vec<CopiesIn> {
        let mut found: Vec<CopiesIn> = Vec::new();
        let mut waiting = vec![(session_id, None)];
        while let Some((of, before_ms)) = waiting.pop() {
            for (fork, created_ms) in self.of.get(of).into_iter().flatten() {
                let is_known = found.iter().any(|known| known.session_id == *fork);
                if is_known || fork == session_id {
                    continue;
                }
                let before_ms = before_ms.unwrap_or(*created_ms);
                found.push(CopiesIn {
                    session_id: fork.clone(),
                    before_ms,
                });
                waiting.push((fork, Some(before_ms)));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(forks: &[(&str, &str, i64)]) -> Forks {
        let mut all = Forks::default();
        for (of, fork, created_ms) in forks {
            all.add((*of).into(), (*fork).into(), *created_ms);
        }
        all
    }

    fn copies(forks: &[(&str, &str, i64)], of: &str) -> Vec<(String, i64)> {
        let found = all(forks).copies_of(of).into_iter();
        let mut found: Vec<_> = found
            .map(|copies| (copies.session_id, copies.before_ms))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_fork_of_a_fork_has_copies_of_both() {
        let forks = [("a", "b", 10), ("b", "c", 20), ("a", "d", 30)];
        let of_a = [("b", 10), ("c", 10), ("d", 30)].map(|(id, ms)| (id.into(), ms));
        assert_eq!(copies(&forks, "a"), of_a);
        assert_eq!(copies(&forks, "b"), [("c".into(), 20)]);
        assert_eq!(copies(&forks, "d"), []);
        assert_eq!(
            ["a", "b", "c", "d"].map(|id| all(&forks).depth(id)),
            [0, 1, 2, 1]
        );
    }

    #[test]
    fn a_circle_of_forks_comes_to_an_end() {
        let forks = [("a", "b", 10), ("b", "a", 20), ("c", "c", 5)];
        assert_eq!(copies(&forks, "a"), [("b".into(), 10)]);
        assert_eq!(copies(&forks, "c"), []);
        assert!(all(&forks).depth("a") > 0);
    }
}
