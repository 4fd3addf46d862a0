// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user wants forgotten stays out of every figure, whatever is read again; rebuilding changes
//! nothing that is right.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;
mod tree;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Named, Request, each_step, names};
use octally_core::sync::{Depth, ToolBudget};
use octally_core::wire::{Report, ReportTotals};
use opencode::{OpenCode, START_MS, answer, open_meter, sync};
use tree::copy;

const MONTH_MS: i64 = 31 * 24 * 3_600_000;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn installed(fixture: &Path) -> (tempfile::TempDir, Meter) {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture.join("opencode"), &folder.path().join("opencode"));
    let meter = open_meter(
        &folder.path().join("octally/ledger.db"),
        &folder.path().join("opencode"),
    );
    (folder, meter)
}

fn by(meter: &Meter, by: By) -> Report {
    meter.report(&Request::new(by), &Zone::utc()).unwrap()
}

fn totals(meter: &Meter) -> ReportTotals {
    by(meter, By::Day).totals
}

fn assert_adds_up(meter: &Meter, when: &str) {
    let found = meter.reconcile(0).unwrap();
    assert!(found.adds_up, "{when}: {:?}", found.unexplained);
}

#[test]
fn a_forgotten_project_is_in_no_figure_until_it_is_remembered() {
    for fixture in fixtures() {
        let name = fixture.display().to_string();
        let (_folder, mut meter) = installed(&fixture);
        sync(&mut meter, Depth::Thorough);
        let before = totals(&meter);
        let projects = by(&meter, By::Project).rows;
        let ids: Vec<String> = projects.into_iter().filter_map(|row| row.key).collect();
        for id in &ids {
            meter.forget_project(id, &Zone::utc()).unwrap().unwrap();
        }
        assert_eq!(totals(&meter).steps, 0, "{name}");
        assert_eq!(totals(&meter).tokens.total, 0, "{name}");
        sync(&mut meter, Depth::Thorough);
        assert_eq!(totals(&meter).steps, 0, "{name}: after another reading");
        assert_adds_up(&meter, &name);
        meter.rebuild(&Zone::utc()).unwrap();
        sync(&mut meter, Depth::Thorough);
        assert_eq!(totals(&meter).steps, 0, "{name}: read from the beginning");
        for id in &ids {
            assert!(meter.remember_project(id).unwrap(), "{name}");
        }
        sync(&mut meter, Depth::Thorough);
        assert_eq!(totals(&meter), before, "{name}: remembered");
        assert_adds_up(&meter, &name);
    }
}

#[test]
fn rebuilding_changes_nothing() {
    for fixture in fixtures() {
        let name = fixture.display().to_string();
        let (_folder, mut meter) = installed(&fixture);
        sync(&mut meter, Depth::Thorough);
        let all = [By::Hour, By::Day, By::Session, By::Model, By::Agent];
        let before = all.map(|key| by(&meter, key));
        meter.rebuild(&Zone::utc()).unwrap();
        assert_eq!(all.map(|key| by(&meter, key)), before, "{name}: sums");
        sync(&mut meter, Depth::Thorough);
        assert_eq!(all.map(|key| by(&meter, key)), before, "{name}: read again");
        assert_adds_up(&meter, &name);
    }
}

#[test]
fn broken_sums_are_put_right_by_rebuilding() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let before = totals(&meter);
    let ledger = rusqlite::Connection::open(opencode.ledger()).unwrap();
    ledger
        .execute_batch("UPDATE quarter SET input = 7; UPDATE day SET input = 9, steps = 4")
        .unwrap();
    assert_ne!(totals(&meter), before);
    meter.rebuild(&Zone::utc()).unwrap();
    assert_eq!(totals(&meter), before);
}

fn call(opencode: &OpenCode, session: &str, number: u64, at_ms: i64) {
    opencode.session(session, None, at_ms);
    let data = answer("msg_user", at_ms, 10_u64.pow(number as u32), 0, 0.25);
    let id = format!("msg_{number}");
    opencode.message(&id, session, at_ms, at_ms, &data);
}

#[test]
fn a_new_session_of_a_forgotten_project_is_not_counted() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    assert_eq!(
        meter.forget_project("/home/dev/p", &Zone::utc()).unwrap(),
        Some(1)
    );
    call(&opencode, "ses_2", 2, START_MS + 1_000);
    sync(&mut meter, Depth::Quick);
    assert_eq!(totals(&meter).steps, 0);
    assert_adds_up(&meter, "a new session");
    let forgotten = meter.ledger().forgotten_projects().unwrap();
    assert_eq!(forgotten[0].worktree, "/home/dev/p");
    assert!(meter.remember_project("/home/dev/p").unwrap());
    sync(&mut meter, Depth::Thorough);
    assert_eq!(totals(&meter).tokens.input, 110);
}

#[test]
fn a_project_that_nobody_knows_is_not_forgotten() {
    let mut meter = OpenCode::new().meter();
    assert_eq!(
        meter.forget_project("/nowhere", &Zone::utc()).unwrap(),
        None
    );
    assert!(!meter.remember_project("/nowhere").unwrap());
}

#[test]
fn what_is_older_than_the_months_that_are_kept_goes_by_whole_sessions() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_old", 0, START_MS);
    call(&opencode, "ses_both", 1, START_MS);
    call(&opencode, "ses_new", 2, START_MS + 3 * MONTH_MS);
    let late_ms = START_MS + 3 * MONTH_MS + 1_000;
    let data = answer("msg_user", late_ms, 1_000, 0, 0.25);
    opencode.message("msg_3", "ses_both", late_ms, late_ms, &data);
    let mut meter = opencode.meter();
    let now_ms = START_MS + 4 * MONTH_MS;
    let keep = |meter: &mut Meter, months| meter.keep_months(months, &Zone::utc(), now_ms).unwrap();
    sync(&mut meter, Depth::Quick);
    assert_eq!(keep(&mut meter, 0), 0, "for ever");
    assert_eq!(keep(&mut meter, 2), 1);
    assert_eq!(keep(&mut meter, 2), 0, "once");
    assert_eq!(totals(&meter).tokens.input, 1_110);
    meter.rebuild(&Zone::utc()).unwrap();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(totals(&meter).tokens.input, 1_110, "read again");
    assert_adds_up(&meter, "months");
    // Somebody goes on with the old one.
    let data = answer("msg_user", late_ms, 20_000, 0, 0.25);
    opencode.message("msg_4", "ses_old", late_ms, late_ms, &data);
    sync(&mut meter, Depth::Quick);
    assert_eq!(totals(&meter).tokens.input, 21_110);
    assert_adds_up(&meter, "gone on with");
}

#[test]
fn what_is_forgotten_is_told_of_nowhere() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    assert_eq!(meter.latest_session().unwrap().as_deref(), Some("ses_1"));
    meter.forget_project("/home/dev/p", &Zone::utc()).unwrap();
    let named = |named| names(meter.ledger(), named, "", 10).unwrap();
    assert_eq!(named(Named::Session), []);
    assert_eq!(named(Named::Project), []);
    assert_eq!(named(Named::Forgotten)[0].name, "/home/dev/p");
    assert_eq!(meter.session_ids("", 10).unwrap(), [""; 0]);
    assert!(meter.catalog().unwrap().projects.is_empty());
    assert_eq!(meter.latest_session().unwrap(), None);
    assert_eq!(meter.session("ses_1", &Zone::utc()).unwrap(), None);
    assert_eq!(meter.session_usage("ses_1").unwrap(), None);
    let mut rows = 0;
    let request = Request::new(By::Day);
    each_step(meter.ledger(), &request, true, &mut |_| {
        rows += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(rows, 0, "also among the steps that are in no sum");
}

#[test]
fn a_session_that_is_gone_on_with_shows_only_what_came_since() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    opencode.session("ses_below", Some("ses_1"), START_MS);
    let data = answer("msg_user", START_MS, 1, 0, 0.25);
    opencode.message("msg_0", "ses_below", START_MS, START_MS, &data);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let now_ms = START_MS + 4 * MONTH_MS;
    assert_eq!(meter.keep_months(2, &Zone::utc(), now_ms).unwrap(), 2);
    assert_eq!(meter.session("ses_1", &Zone::utc()).unwrap(), None);
    call(&opencode, "ses_2", 2, now_ms);
    let data = answer("msg_user", now_ms, 1_000, 0, 0.25);
    opencode.message("msg_3", "ses_1", now_ms, now_ms, &data);
    opencode.bump("ses_1");
    sync(&mut meter, Depth::Quick);
    let found = meter.session("ses_1", &Zone::utc()).unwrap().unwrap();
    assert_eq!((found.steps.len(), found.sub_agents.len()), (1, 0));
    let used = meter.session_usage("ses_1").unwrap().unwrap();
    assert_eq!(used.sub_agents.len(), 0);
}

#[test]
fn every_project_at_a_path_is_forgotten_and_remembered() {
    let opencode = OpenCode::new();
    let another = "INSERT INTO project VALUES ('q', '/home/dev/p', NULL)";
    opencode.connection.execute_batch(another).unwrap();
    call(&opencode, "ses_1", 1, START_MS);
    call(&opencode, "ses_2", 2, START_MS);
    let moved = "UPDATE session SET project_id = 'q' WHERE id = 'ses_2'";
    opencode.connection.execute_batch(moved).unwrap();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let forgotten = meter.forget_project("/home/dev/p", &Zone::utc()).unwrap();
    assert_eq!(forgotten, Some(2));
    assert_eq!(totals(&meter).steps, 0);
    assert!(meter.remember_project("/home/dev/p").unwrap());
    sync(&mut meter, Depth::Thorough);
    assert_eq!(totals(&meter).steps, 2);
    assert_eq!(meter.ledger().forgotten_projects().unwrap(), []);
}

#[test]
fn a_session_that_was_gone_on_with_is_forgotten_again() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let zone = Zone::utc();
    let late_ms = START_MS + 4 * MONTH_MS;
    assert_eq!(meter.keep_months(2, &zone, late_ms).unwrap(), 1);
    let data = answer("msg_user", late_ms, 1_000, 0, 0.25);
    opencode.message("msg_2", "ses_1", late_ms, late_ms, &data);
    sync(&mut meter, Depth::Quick);
    assert_eq!(totals(&meter).tokens.input, 1_000);
    let later_ms = late_ms + MONTH_MS;
    assert_eq!(meter.keep_months(2, &zone, later_ms).unwrap(), 0);
    let later_ms = late_ms + 4 * MONTH_MS;
    assert_eq!(meter.keep_months(2, &zone, later_ms).unwrap(), 1);
    assert_eq!(totals(&meter).tokens.input, 0);
    assert_adds_up(&meter, "forgotten again");
}

#[test]
fn what_a_fork_copied_is_forgotten_with_its_original() {
    for is_orphan in [false, true] {
        let opencode = OpenCode::new();
        call(&opencode, "ses_1", 1, START_MS);
        opencode.session("ses_fork", None, START_MS + 5_000);
        let data = answer("msg_user", START_MS, 10, 0, 0.25);
        opencode.message("msg_copy", "ses_fork", START_MS, START_MS + 5_000, &data);
        if is_orphan {
            let sql = "DELETE FROM message WHERE id = 'msg_1'";
            opencode.connection.execute(sql, []).unwrap();
        }
        let late_ms = START_MS + 4 * MONTH_MS;
        let data = answer("msg_user", late_ms, 1_000, 0, 0.25);
        opencode.message("msg_2", "ses_fork", late_ms, late_ms, &data);
        let mut meter = opencode.meter();
        sync(&mut meter, Depth::Thorough);
        assert_eq!(totals(&meter).tokens.input, 1_010);
        let kept = meter.keep_months(2, &Zone::utc(), late_ms + MONTH_MS);
        assert_eq!(kept.unwrap(), 1);
        let check = |meter: &Meter, when: &str| {
            assert_eq!(totals(meter).tokens.input, 1_000, "{when}");
            assert_eq!(meter.health().unwrap().damage, None, "{when}");
            assert_adds_up(meter, when);
        };
        check(&meter, "forgotten");
        meter.rebuild(&Zone::utc()).unwrap();
        sync(&mut meter, Depth::Thorough);
        check(&meter, "read again");
    }
}

#[test]
fn a_session_that_comes_to_a_forgotten_project_is_forgotten() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let another = "INSERT INTO project VALUES ('q', '/home/dev/q', NULL)";
    opencode.connection.execute_batch(another).unwrap();
    call(&opencode, "ses_2", 2, START_MS);
    let moved = "UPDATE session SET project_id = 'q' WHERE id = 'ses_2'";
    opencode.connection.execute_batch(moved).unwrap();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    meter.forget_project("/home/dev/p", &Zone::utc()).unwrap();
    assert_eq!(totals(&meter).tokens.input, 100);
    // Of this one its row comes late.
    let data = answer("msg_user", START_MS, 1_000, 0, 0.25);
    opencode.message("msg_3", "ses_3", START_MS, START_MS, &data);
    sync(&mut meter, Depth::Quick);
    opencode.session("ses_3", None, START_MS);
    let moved = "UPDATE session SET project_id = 'p' WHERE id = 'ses_2'";
    opencode.connection.execute_batch(moved).unwrap();
    opencode.bump("ses_2");
    sync(&mut meter, Depth::Quick);
    assert_eq!(totals(&meter).steps, 0);
    assert_eq!(meter.health().unwrap().damage, None);
    assert_adds_up(&meter, "two more sessions");
    assert!(meter.remember_project("/home/dev/p").unwrap());
    sync(&mut meter, Depth::Thorough);
    assert_eq!(totals(&meter).tokens.input, 1_110);
}

#[test]
fn what_is_too_old_is_forgotten_again_when_its_project_is_remembered() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let late_ms = START_MS + 4 * MONTH_MS;
    call(&opencode, "ses_2", 2, late_ms);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let keep = |meter: &mut Meter| meter.keep_months(2, &Zone::utc(), late_ms).unwrap();
    assert_eq!(keep(&mut meter), 1);
    meter.forget_project("/home/dev/p", &Zone::utc()).unwrap();
    assert!(meter.remember_project("/home/dev/p").unwrap());
    sync(&mut meter, Depth::Thorough);
    assert_eq!(keep(&mut meter), 1);
    assert_eq!(totals(&meter).tokens.input, 100);
    assert_adds_up(&meter, "remembered");
}

#[test]
fn no_tools_are_left_to_read_of_what_is_forgotten() {
    let opencode = OpenCode::new();
    call(&opencode, "ses_1", 1, START_MS);
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    meter.forget_project("/home/dev/p", &Zone::utc()).unwrap();
    call(&opencode, "ses_2", 2, START_MS + 1_000);
    sync(&mut meter, Depth::Quick);
    let all = ToolBudget {
        steps: usize::MAX,
        bytes: u64::MAX,
    };
    meter.read_tools(None, all, &mut || true).unwrap();
    let request = Request::new(By::Day);
    let found = meter.statistics(&request, &Zone::utc(), START_MS).unwrap();
    let left = (found.tool_use.is_complete, found.tool_use.steps_left);
    assert_eq!(left, (true, 0));
}
