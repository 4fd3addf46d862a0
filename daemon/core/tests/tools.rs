// SPDX-License-Identifier: GPL-3.0-or-later
//! Which tools were called: each call once, in slices that may stop anywhere, behind the totals.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, Origins, ToolBudget};
use octally_core::wire::ToolUse;
use rusqlite::Connection;

const NOW_MS: i64 = 1_795_200_000_000;
const EVERYTHING: ToolBudget = ToolBudget {
    steps: usize::MAX,
    bytes: u64::MAX,
};
const ONE: ToolBudget = ToolBudget { steps: 1, bytes: 1 };

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn of(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("opencode");
        std::fs::create_dir(&data).unwrap();
        for entry in std::fs::read_dir(fixtures().join(fixture).join("opencode")).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                std::fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
            }
        }
        Self { folder }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("opencode/opencode.db")
    }

    fn opencode(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// A meter of a new process that has read what is new.
    fn meter(&self) -> Meter {
        let ledger = self.folder.path().join("octally/ledger.db");
        synced(open_meter(&ledger, &self.folder.path().join("opencode")))
    }
}

fn open_meter(ledger: &Path, data_dir: &Path) -> Meter {
    let origins = Origins {
        data_dirs: vec![data_dir.into()],
        ..Origins::default()
    };
    let (id, label) = ("h".into(), "test".into());
    Meter::open(ledger, origins, Host { id, label }).unwrap()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn synced(mut meter: Meter) -> Meter {
    meter
        .sync(Depth::Thorough, &Zone::utc(), NOW_MS, &mut |_| true)
        .unwrap();
    meter
}

fn tool_use(meter: &Meter, request: &Request) -> ToolUse {
    let found = meter.statistics(request, &Zone::utc(), NOW_MS).unwrap();
    found.tool_use
}

fn all(meter: &Meter) -> ToolUse {
    tool_use(meter, &Request::new(By::Day))
}

fn counts(found: &ToolUse) -> Vec<(&str, u64, u64)> {
    let rows = found.tools.iter();
    rows.map(|row| (row.tool.as_str(), row.calls, row.failed))
        .collect()
}

fn read_all(meter: &mut Meter) {
    let slice = meter.read_tools(None, EVERYTHING, &mut || true).unwrap();
    assert_eq!((slice.has_more, slice.problem), (false, None));
}

#[test]
fn every_call_counts_once_though_forks_copy_it() {
    for version in ["1.2.27", "1.3.2", "1.15.13", "1.18.33"] {
        let case = Case::of(version);
        let mut meter = case.meter();
        read_all(&mut meter);
        let expected: u32 = case
            .opencode()
            .query_row(
                "SELECT count(DISTINCT json_extract(data, '$.callID')) FROM part
                 WHERE json_extract(data, '$.type') = 'tool'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let found = all(&meter);
        let calls: u64 = found.tools.iter().map(|row| row.calls).sum();
        assert_eq!(calls, u64::from(expected), "{version}");
        assert!(found.is_complete && found.steps_left == 0, "{version}");
    }
}

#[test]
fn files_and_rows_of_other_generations_have_them_too() {
    for (fixture, expected) in [
        ("v2-preview", ("bash", 4, 0)),
        ("v2api-1.18.33", ("bash", 1, 0)),
    ] {
        let mut meter = Case::of(fixture).meter();
        read_all(&mut meter);
        assert_eq!(counts(&all(&meter)), [expected], "{fixture}");
    }
    for (fixture, expected) in [
        ("0.1.174", vec![("bash", 3, 0)]),
        ("0.5.29", vec![("bash", 5, 1), ("task", 1, 0)]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = fixtures().join(fixture).join("opencode");
        let mut meter = synced(open_meter(&folder.path().join("ledger.db"), &data));
        read_all(&mut meter);
        let found = all(&meter);
        assert_eq!(counts(&found), expected, "{fixture}");
        assert!(found.tools[0].mean_ms.is_some(), "{fixture}");
    }
}

#[test]
fn slices_that_stop_anywhere_come_to_the_same_newest_first() {
    let case = Case::of("1.18.33");
    let mut whole = case.meter();
    read_all(&mut whole);
    let expected = all(&whole);
    drop(whole);
    std::fs::remove_dir_all(case.folder.path().join("octally")).unwrap();
    let mut left = all(&case.meter()).steps_left;
    assert!(left > 10);
    let mut newest_first = Vec::new();
    while left > 0 {
        // A new process each time, as after a crash.
        let mut meter = case.meter();
        let slice = meter.read_tools(None, ONE, &mut || true).unwrap();
        assert_eq!(slice.steps, 1);
        let found = all(&meter);
        assert_eq!(found.steps_left, left - 1);
        left = found.steps_left;
        newest_first.push(found.tools.iter().map(|row| row.calls).sum::<u64>());
    }
    assert_eq!(all(&case.meter()), expected);
    assert!(newest_first[0] <= 1 && newest_first.is_sorted());
}

#[test]
fn nobody_waits_for_it_and_it_stops_when_told() {
    let case = Case::of("1.18.33");
    let mut meter = case.meter();
    let found = all(&meter);
    assert!(!found.is_complete && found.tools.is_empty());
    let slice = meter.read_tools(None, EVERYTHING, &mut || false).unwrap();
    assert_eq!((slice.steps, slice.has_more), (0, true));
}

#[test]
fn a_session_is_read_on_its_own() {
    let case = Case::of("v1-fork-subagent-1.18.33");
    let mut meter = case.meter();
    let sessions = meter
        .sessions(&Request::new(By::Session), &Zone::utc())
        .unwrap();
    let parent = sessions
        .sessions
        .iter()
        .find(|node| node.sub_agents > 0)
        .unwrap();
    let slice = meter
        .read_tools(Some(&parent.id), EVERYTHING, &mut || true)
        .unwrap();
    assert!(!slice.has_more);
    let detail = meter.session(&parent.id, &Zone::utc()).unwrap().unwrap();
    assert!(detail.tool_use.is_complete);
    assert_eq!(counts(&detail.tool_use), [("task", 1, 0)]);
    assert_eq!(detail.steps[0].tools, detail.tool_use.tools);
    assert!(!all(&meter).is_complete, "the others are left");
}

#[test]
fn a_step_that_changes_is_looked_at_again() {
    let case = Case::of("1.18.33");
    let mut meter = case.meter();
    read_all(&mut meter);
    let before = all(&meter);
    case.opencode()
        .execute_batch(
            "UPDATE part SET data = json_set(data, '$.tool', 'edit', '$.state.status', 'error')
             WHERE json_extract(data, '$.tool') = 'task';
             UPDATE message SET time_updated = time_updated + 100000,
                 data = json_set(data, '$.tokens.output', 1, '$.tokens.total', NULL)
             WHERE id = (SELECT message_id FROM part WHERE json_extract(data, '$.tool') = 'edit');",
        )
        .unwrap();
    let mut meter = synced(meter);
    assert_eq!(all(&meter).steps_left, 1);
    read_all(&mut meter);
    assert_eq!(counts(&all(&meter)), [(counts(&before)[0]), ("edit", 1, 1)]);
}

#[test]
fn filters_agree_with_each_other() {
    let case = Case::of("1.18.33");
    let mut meter = case.meter();
    read_all(&mut meter);
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = Request::new(By::Day);
        change(&mut request);
        tool_use(&meter, &request).tools
    };
    let everything = with(&|_| {});
    assert_eq!(with(&|request| request.host = Some("h".into())), everything);
    assert_eq!(with(&|request| request.since_ms = Some(0)), everything);
    assert_eq!(with(&|request| request.until_ms = Some(0)), []);
    assert_eq!(with(&|request| request.model = Some("none".into())), []);
}

#[test]
fn a_broken_part_is_counted_and_costs_no_other() {
    let case = Case::of("1.18.33");
    case.opencode()
        .execute_batch(
            "UPDATE part SET data = '{\"type\":\"tool\",'
             WHERE id = (SELECT min(id) FROM part WHERE json_extract(data, '$.tool') = 'bash')",
        )
        .unwrap();
    let mut meter = case.meter();
    read_all(&mut meter);
    assert_eq!(meter.tools_left().unwrap().unreadable_steps, 1);
    assert!(all(&meter).is_complete);
}

#[test]
fn a_database_that_cannot_be_opened_is_not_one_without_tools() {
    let case = Case::of("1.18.33");
    drop(case.meter());
    std::fs::write(case.database(), "not a database ".repeat(500)).unwrap();
    let mut meter = case.meter();
    let left = all(&meter).steps_left;
    let slice = meter.read_tools(None, EVERYTHING, &mut || true).unwrap();
    assert_eq!((slice.steps, slice.has_more), (0, true));
    assert!(slice.problem.is_some());
    assert_eq!(all(&meter).steps_left, left);
}
