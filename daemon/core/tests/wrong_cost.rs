// SPDX-License-Identifier: GPL-3.0-or-later
//! Stored costs that are known to be wrong: kept as stored, marked, and corrected beside it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod earlier;
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "a part of it is enough here"
)]
mod migrate;
mod tree;

use std::path::{Path, PathBuf};

use migrate::Migrated;
use octally_core::meter::{Host, Meter};
use octally_core::model::Zone;
use octally_core::rollup::{By, Request};
use octally_core::sync::{Depth, Origins};
use octally_core::wire::Report;
use rusqlite::Connection;
use tree::copy;

/// What OpenCode was told when it made the fixtures.
const PRICES: &str = r#"{"mock":{"id":"mock","models":{
    "test-model":{"cost":{"input":3,"output":15,"cache_read":0.3,"cache_write":3.75}}}}}"#;

struct Machine {
    folder: tempfile::TempDir,
    meter: Meter,
}

/// Note, stored and corrected cost of every counted step that has a note.
type Wrong = (String, i64, Option<i64>);

impl Machine {
    /// With the data of a fixture and a table of prices that does not exist yet.
    fn with(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        copy(
            &fixtures.join(fixture).join("opencode"),
            &folder.path().join("opencode"),
        );
        let meter = open(folder.path());
        Self { folder, meter }
    }

    fn with_prices(fixture: &str) -> Self {
        let machine = Self::with(fixture);
        machine.learn_prices();
        machine
    }

    fn learn_prices(&self) {
        std::fs::write(self.folder.path().join("models.json"), PRICES).unwrap();
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("opencode/opencode.db")
    }

    fn ledger(&self) -> Connection {
        Connection::open(self.folder.path().join("octally/ledger.db")).unwrap()
    }

    fn sync(&mut self, depth: Depth) -> Vec<Wrong> {
        let now_ms = migrate::MIGRATED_MS + 1_000;
        self.meter
            .sync(depth, &Zone::utc(), now_ms, &mut |_| true)
            .unwrap();
        assert_eq!(self.meter.health().unwrap().damage, None);
        let ledger = self.ledger();
        let sql = "SELECT cost_note, stored_nano_usd, corrected_nano_usd FROM step
             WHERE cost_note IS NOT NULL AND is_counted ORDER BY uid";
        let mut statement = ledger.prepare(sql).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        found.unwrap().map(Result::unwrap).collect()
    }
}

fn open(folder: &Path) -> Meter {
    let origins = Origins {
        data_dirs: vec![folder.join("opencode")],
        price_files: vec![folder.join("models.json")],
        ..Origins::default()
    };
    let host = Host {
        id: "h".into(),
        label: "test".into(),
    };
    Meter::open(&folder.join("octally/ledger.db"), origins, host).unwrap()
}

/// OpenCode charged these 16 tokens of reasoning, at 15 $ a million, within the output and once more.
const REASONING_NANO_USD: i64 = 16 * 15_000;
const STORED: i64 = 4_576_800;

fn twice(corrected: Option<i64>) -> Vec<Wrong> {
    vec![("reasoning_twice".into(), STORED, corrected)]
}

fn right() -> Vec<Wrong> {
    twice(Some(STORED - REASONING_NANO_USD))
}

#[test]
fn reasoning_that_1_2_to_1_3_2_charged_twice_is_marked_and_corrected() {
    for version in ["1.2.27", "1.3.2"] {
        let mut machine = Machine::with_prices(version);
        assert_eq!(machine.sync(Depth::Quick), right(), "{version}");
        let [wrong] = machine.meter.wrong_costs().unwrap().try_into().unwrap();
        assert_eq!((wrong.cost.steps, wrong.cost.uncorrected_steps), (1, 0));
        assert_eq!(
            wrong.cost.stored.0 - wrong.cost.corrected.0,
            REASONING_NANO_USD
        );
    }
}

#[test]
fn later_versions_stored_what_is_right() {
    for version in ["1.15.13", "1.18.33", "v1-fork-subagent-1.18.33"] {
        let mut machine = Machine::with_prices(version);
        assert_eq!(machine.sync(Depth::Quick), [], "{version}");
        assert_eq!(machine.meter.wrong_costs().unwrap(), [], "{version}");
    }
}

#[test]
fn of_an_upgrade_only_the_older_rows_are_marked() {
    let mut machine = Machine::with_prices("upgrade-1.1.65-to-1.2.27-to-1.18.33");
    let found = machine.sync(Depth::Quick);
    assert_eq!(
        found.len(),
        1,
        "one session of 1.1.65 went on in 1.18.33: {found:?}"
    );
    assert_eq!(found[0].0, "reasoning_twice");
}

#[test]
fn message_files_are_corrected_by_list_price_too() {
    for (version, note) in [
        ("0.5.29", "cached_twice"),
        ("1.0.0", "cached_twice"),
        ("1.0.185", "reasoning_twice"),
        ("1.1.65", "reasoning_twice"),
    ] {
        let found = Machine::with_prices(version).sync(Depth::Quick);
        let [(found, stored, Some(corrected))] = found.as_slice() else {
            panic!("{version}: {found:?}")
        };
        assert_eq!(found, note, "{version}");
        assert!(corrected < stored && *corrected > 0, "{version}");
    }
}

#[test]
fn the_billed_sum_keeps_what_was_stored() {
    let mut machine = Machine::with_prices("1.3.2");
    machine.sync(Depth::Quick);
    let ledger = machine.ledger();
    let sum = |sql: &str| {
        ledger
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(
        sum("SELECT sum(billed_nano_usd) FROM day"),
        sum("SELECT sum(stored_nano_usd) FROM step WHERE is_counted")
    );
}

#[test]
fn a_row_that_opencode_2_took_over_keeps_its_mark_and_its_copies_have_it() {
    let mut machine = Machine::with_prices("1.3.2");
    let migrated = Migrated::begin(&machine.database(), usize::MAX);
    let sql = "SELECT id FROM session_v2 ORDER BY tokens_reasoning DESC LIMIT 1";
    let id: String = migrated
        .connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    migrated.fork_of_2("ses_fork", &id, migrate::MIGRATED_MS + 1);
    assert_eq!(machine.sync(Depth::Quick), right());
    let sql =
        "SELECT count(*), sum(is_counted), min(authority) FROM step WHERE cost_note IS NOT NULL";
    let found: (i64, i64, i64) = machine
        .ledger()
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(found, (2, 1, 3));
}

#[test]
fn without_a_price_the_correction_is_unknown_until_a_table_appears() {
    let mut machine = Machine::with("1.3.2");
    assert_eq!(machine.sync(Depth::Quick), twice(None));
    let wrong = machine.meter.wrong_costs().unwrap();
    assert_eq!(wrong[0].cost.known(), None, "unknown is never 0");
    machine.learn_prices();
    assert_eq!(machine.sync(Depth::Thorough), right());
}

#[test]
fn a_correction_keeps_the_price_of_its_time() {
    let mut machine = Machine::with_prices("1.3.2");
    assert_eq!(machine.sync(Depth::Quick), right());
    let dearer = PRICES.replace("15", "150");
    std::fs::write(machine.folder.path().join("models.json"), dearer).unwrap();
    // Read again from the beginning, as another file with the same rows.
    std::fs::rename(machine.database(), machine.folder.path().join("old.db")).unwrap();
    std::fs::copy(machine.folder.path().join("old.db"), machine.database()).unwrap();
    machine.meter = open(machine.folder.path());
    assert_eq!(machine.sync(Depth::Thorough), right());
}

/// Their ledgers were of schema 2, whose steps of 1.2 to 1.3 had no mark.
#[test]
fn steps_that_were_recorded_without_their_mark_get_it() {
    for fixture in ["1.3.2", "1.1.65"] {
        let mut machine = Machine::with_prices(fixture);
        let wanted = machine.sync(Depth::Quick);
        let forget = "UPDATE step SET cost_note = NULL WHERE authority = 2";
        machine.ledger().execute_batch(forget).unwrap();
        let Machine { folder, meter } = machine;
        drop(meter);
        let ledger = folder.path().join("octally/ledger.db");
        earlier::before("what_it_should_have_cost.sql", &ledger);
        let meter = open(folder.path());
        let mut machine = Machine { folder, meter };
        assert_eq!(machine.sync(Depth::Quick), wanted, "{fixture}");
    }
}

/// Their ledgers were of schema 6, whose sums had no wrong costs.
#[test]
fn sums_of_an_earlier_ledger_know_their_wrong_costs() {
    for fixture in ["1.3.2", "1.1.65"] {
        let mut machine = Machine::with_prices(fixture);
        machine.sync(Depth::Quick);
        let wanted = report(&machine.meter);
        assert!(wanted.totals.wrong_cost.steps > 0);
        let Machine { folder, meter } = machine;
        drop(meter);
        let ledger = folder.path().join("octally/ledger.db");
        earlier::before("wrong_costs_of_a_day.sql", &ledger);
        let meter = open(folder.path());
        assert_eq!(meter.health().unwrap().damage, None);
        assert_eq!(report(&meter), wanted, "from quarter hours");
        let mut machine = Machine { folder, meter };
        let now_ms = migrate::MIGRATED_MS + 1_000;
        let mut sync = |depth| {
            machine
                .meter
                .sync(depth, &Zone::utc(), now_ms, &mut |_| true)
        };
        sync(Depth::Thorough).unwrap();
        assert_eq!(machine.meter.health().unwrap().damage, None);
        assert_eq!(report(&machine.meter), wanted, "from days");
    }
}

fn report(meter: &Meter) -> Report {
    meter.report(&Request::new(By::Day), &Zone::utc()).unwrap()
}
