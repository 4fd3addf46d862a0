// SPDX-License-Identifier: GPL-3.0-or-later
//! The event number of every session of a database, in little memory however many there are.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::Context;
use crate::ledger::LedgerError;
use crate::model::Problem;

/// Sessions asked for at once.
const PAGE: usize = 500;

/// Event numbers by a digest of the session's id, keyed anew in each process: that a session has the digest
/// of another one of 20,000 and its number happens once in ten billion histories, for one process.
#[derive(Debug, Default)]
pub(super) struct EventNumbers {
    digests: RandomState,
    numbers: HashMap<u64, i64>,
}

impl EventNumbers {
    /// Those that a database has now; see [`each_page`].
    pub fn read(
        page_after: impl Fn(&str, usize) -> Result<Vec<(String, i64)>, Problem>,
    ) -> Result<Self, Problem> {
        let mut now = Self::default();
        each_page(page_after, |page| {
            for (id, number) in page {
                now.insert(id, *number);
            }
            Ok(())
        })??;
        Ok(now)
    }

    pub fn get(&self, session_id: &str) -> Option<i64> {
        let digest = self.digests.hash_one(session_id);
        self.numbers.get(&digest).copied()
    }

    pub fn insert(&mut self, session_id: &str, number: i64) {
        let digest = self.digests.hash_one(session_id);
        self.numbers.insert(digest, number);
    }
}

/// Those that are recorded of a database, loaded when first needed.
pub(super) fn recorded<'a>(
    numbers: &'a mut Option<EventNumbers>,
    key: &str,
    context: &Context,
) -> Result<&'a mut EventNumbers, LedgerError> {
    let known = match numbers.take() {
        Some(known) => known,
        None => {
            let mut known = EventNumbers::default();
            let insert = |id: &str, number| known.insert(id, number);
            context.ledger.each_sequence(key, insert)?;
            known
        }
    };
    Ok(numbers.insert(known))
}

/// Hands all sessions of a database to `take`, page by page in the order of ids; `page_after` answers with
/// so many after an id.
pub(super) fn each_page<E>(
    page_after: impl Fn(&str, usize) -> Result<Vec<(String, i64)>, Problem>,
    mut take: impl FnMut(&[(String, i64)]) -> Result<(), E>,
) -> Result<Result<(), Problem>, E> {
    let mut after = String::new();
    loop {
        let page = match page_after(&after, PAGE) {
            Ok(page) => page,
            Err(problem) => return Ok(Err(problem)),
        };
        take(&page)?;
        match page.into_iter().nth(PAGE - 1) {
            Some((last, _)) => after = last,
            None => return Ok(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_session_comes_once_and_keeps_its_number() {
        let ids: Vec<String> = (0..2 * PAGE).map(|n| format!("ses_{n:05}")).collect();
        let page_after = |after: &str, limit: usize| {
            let later = ids.iter().filter(|id| id.as_str() > after).take(limit);
            Ok(later.map(|id| (id.clone(), id.len() as i64)).collect())
        };
        let (mut numbers, mut count) = (EventNumbers::default(), 0);
        let read = each_page(page_after, |page| {
            page.iter()
                .for_each(|(id, number)| numbers.insert(id, *number));
            count += page.len();
            Ok::<_, ()>(())
        });
        assert_eq!((read, count), (Ok(Ok(())), 2 * PAGE));
        assert!(ids.iter().all(|id| numbers.get(id) == Some(9)));
        assert_eq!(numbers.get("ses_"), None);
    }
}
