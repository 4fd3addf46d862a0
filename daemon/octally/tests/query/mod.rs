// SPDX-License-Identifier: GPL-3.0-or-later
//! A question as text, put to a small ledger: whatever it says, there is an answer that adds up or an error
//! with a hint. Run over seeds by `queries.rs`, and for longer by the fuzz target `query`.
//!
//! One line a field: rows, since, until, last, provider, model, project, agent, session, host, quarter hours
//! from UTC, and the template of a status line.

use std::ops::ControlFlow;
use std::path::Path;

use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{self, By, Named, Request};
use octally_core::sync::{Depth, Origins};

use crate::template::{self, Piece};
use octally_core::rollup::period::Period;

const NOW_MS: i64 = 1_795_200_000_000;

/// A ledger with a few steps, in a folder that goes with it.
pub struct Ledger {
    meter: Meter,
    _folder: tempfile::TempDir,
}

impl Ledger {
    /// Reads the data of OpenCode in a folder.
    pub fn of(opencode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("opencode");
        copy(Path::new(opencode), &data);
        let origins = Origins {
            data_dirs: vec![data],
            ..Origins::default()
        };
        let host = Host {
            id: "h".into(),
            label: "host".into(),
        };
        let ledger = folder.path().join("ledger.db");
        let mut meter = Meter::open(&ledger, origins, host).expect("a ledger");
        let read = meter.sync(Depth::Thorough, &Zone::utc(), NOW_MS, &mut |_| true);
        assert!(read.expect("a reading").problems.is_empty());
        Self {
            meter,
            _folder: folder,
        }
    }

    /// Asks and holds the answers against each other.
    pub fn ask(&self, text: &str) {
        let mut lines = text.split('\n');
        let mut field = || lines.next().filter(|line| !line.is_empty());
        let by = field().and_then(By::parse).unwrap_or(By::Day);
        let period = Period {
            since: field().map(Into::into),
            until: field().map(Into::into),
            last: field().and_then(|days| days.parse().ok()),
        };
        let mut request = Request::new(by);
        for filter in [
            &mut request.provider,
            &mut request.model,
            &mut request.project,
            &mut request.agent,
            &mut request.session,
            &mut request.host,
        ] {
            *filter = field().map(Into::into);
        }
        let quarters: i32 = field().and_then(|n| n.parse().ok()).unwrap_or(0);
        let offset = quarters.clamp(-56, 56) * 900;
        take_apart(field().unwrap_or_default());
        let zone = Zone::new("zone", move |_| offset);
        match period.instants(&zone, NOW_MS) {
            Err(error) => assert!(!error.what.is_empty() && !error.remedy.is_empty()),
            Ok((since_ms, until_ms)) => {
                (request.since_ms, request.until_ms) = (since_ms, until_ms);
                self.answer(&request, &zone);
            }
        }
    }

    /// Steps, sessions and days add up to the report, whatever it is about.
    fn answer(&self, request: &Request, zone: &Zone) {
        let ledger = self.meter.ledger();
        let totals = rollup::report(ledger, request, zone)
            .expect("an answer")
            .totals;
        let on = ControlFlow::Continue(());
        let mut sums = [(0, 0); 3];
        let [steps, sessions, days] = &mut sums;
        rollup::each_step(ledger, request, false, &mut |row| {
            (steps.0, steps.1) = (steps.0 + 1, steps.1 + row.tokens.total);
            on
        })
        .expect("steps");
        rollup::each_session(ledger, request, &mut |row| {
            (sessions.0, sessions.1) = (sessions.0 + row.steps, sessions.1 + row.tokens.total);
            on
        })
        .expect("sessions");
        rollup::each_day(ledger, request, zone, &mut |row| {
            (days.0, days.1) = (days.0 + row.steps, days.1 + row.tokens.total);
            on
        })
        .expect("days");
        assert_eq!(
            sums,
            [(totals.steps, totals.tokens.total); 3],
            "{request:?}"
        );
        let known = rollup::is_known(ledger, request).expect("known or not");
        assert!(known || totals.steps == 0, "{request:?}");
        for named in [Named::Model, Named::Project, Named::Session] {
            let prefix = request.model.as_deref().unwrap_or_default();
            let names = rollup::names(ledger, named, prefix, 3).expect("names");
            assert!(names.iter().all(|name| name.name.starts_with(prefix)) && names.len() <= 3);
        }
    }
}

/// A template that makes sense is the same when it is put together again.
fn take_apart(text: &str) {
    let Ok(pieces) = template::parse(text) else {
        return;
    };
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Piece::Place(name) => format!("{{{name}}}"),
    };
    let again: String = pieces.iter().map(piece).collect();
    assert_eq!(template::parse(&again), Ok(pieces), "{text}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the fixture").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
