// SPDX-License-Identifier: GPL-3.0-or-later
//! What is kept of trees, projects, agents, days and errors says the same as all sessions added up, whatever
//! has become of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod all_time;
mod earlier;
mod opencode;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request, Sort};
use octally_core::sync::Depth;
use octally_core::wire::Statistics;
use opencode::{OpenCode, START_MS, answer, sync};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Three trees: one of three floors, one whose root is a project of its own, and an orphan.
fn history() -> OpenCode {
    let opencode = OpenCode::new();
    let sql = "INSERT INTO project VALUES ('q', '/home/dev/q', NULL)";
    opencode.connection.execute_batch(sql).unwrap();
    for (id, parent) in [
        ("ses_1", None),
        ("ses_2", Some("ses_1")),
        ("ses_3", Some("ses_2")),
        ("ses_4", None),
        ("ses_5", Some("ses_9")),
        ("ses_6", Some("ses_5")),
    ] {
        opencode.session(id, parent, START_MS);
    }
    for number in 1..=24 {
        call(&opencode, number, &format!("ses_{}", 1 + number % 6));
    }
    set(&opencode, "ses_4", "project_id = 'q'");
    opencode
}

fn call(opencode: &OpenCode, number: i64, session: &str) {
    let at_ms = START_MS + number * 5 * HOUR_MS;
    let data = answer("u", at_ms, 10 * number.unsigned_abs(), 3, 0.25);
    let data = match number % 4 {
        0 => data.replace("\"agent\":\"build\"", "\"agent\":\"plan\""),
        1 => data.replace(
            "\"finish\":",
            "\"error\":{\"name\":\"APIError\"},\"finish\":",
        ),
        2 => data.replace("\"modelID\":\"m\"", "\"modelID\":\"n\""),
        _ => data,
    };
    let id = format!("msg_{number:04}");
    opencode.message(&id, session, at_ms, at_ms, &data);
}

fn set(opencode: &OpenCode, session: &str, what: &str) {
    let sql = format!("UPDATE session SET {what} WHERE id = ?");
    opencode.connection.execute(&sql, [session]).unwrap();
    opencode.bump(session);
}

fn check(meter: &Meter, when: &str) {
    assert_eq!(meter.health().unwrap().damage, None, "{when}");
    all_time::check(meter);
}

fn statistics(meter: &Meter) -> Statistics {
    let request = Request::new(By::Session);
    meter
        .statistics(&request, &Zone::utc(), START_MS + 30 * DAY_MS)
        .unwrap()
}

/// How many trees there are, and the largest number of sub-agents with whose it is.
fn trees(meter: &Meter) -> (u64, Option<(String, u64)>) {
    let statistics = statistics(meter);
    let most = statistics.records.session_sub_agents;
    let most = most.map(|most| (most.key, most.value));
    (statistics.sessions.map_or(0, |it| it.count), most)
}

fn most(id: &str, sub_agents: u64) -> Option<(String, u64)> {
    Some((id.into(), sub_agents))
}

#[test]
fn sessions_that_find_their_parents_take_what_is_below_along() {
    let opencode = history();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    check(&meter, "read");
    assert_eq!(trees(&meter), (3, most("ses_1", 2)));
    // The orphans' parent comes, itself below another session.
    opencode.session("ses_9", Some("ses_3"), START_MS);
    sync(&mut meter, Depth::Quick);
    check(&meter, "a parent that was waited for");
    assert_eq!(trees(&meter), (2, most("ses_1", 5)));
    call(&opencode, 30, "ses_6");
    sync(&mut meter, Depth::Quick);
    check(&meter, "a step at the end of the tree");
    set(&opencode, "ses_2", "parent_id = NULL");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "a tree in two");
    assert_eq!(trees(&meter), (3, most("ses_2", 4)));
    set(&opencode, "ses_2", "parent_id = 'ses_4'");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "from one tree to another");
    assert_eq!(trees(&meter), (2, most("ses_4", 5)));
}

#[test]
fn sessions_in_a_circle_are_one_tree_until_it_is_broken() {
    let opencode = history();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    set(&opencode, "ses_1", "parent_id = 'ses_3'");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "a circle");
    assert_eq!(trees(&meter), (3, most("ses_1", 2)));
    set(&opencode, "ses_2", "parent_id = 'ses_4'");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "broken");
    assert_eq!(trees(&meter), (2, most("ses_4", 3)));
}

#[test]
fn a_project_has_what_its_sessions_used_wherever_they_were() {
    let opencode = history();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    for project in ["q", "p", "q"] {
        set(&opencode, "ses_1", &format!("project_id = '{project}'"));
        set(&opencode, "ses_6", &format!("project_id = '{project}'"));
        call(&opencode, 40, "ses_1");
        sync(&mut meter, Depth::Thorough);
        check(&meter, project);
    }
}

#[test]
fn what_is_forgotten_remembered_rebuilt_or_in_another_zone_stays_right() {
    let opencode = history();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let zone = Zone::utc();
    meter.forget_project("q", &zone).unwrap().unwrap();
    check(&meter, "a project forgotten");
    assert_eq!(trees(&meter).0, 2);
    sync(&mut meter, Depth::Thorough);
    check(&meter, "and read again");
    assert!(meter.remember_project("q").unwrap());
    check(&meter, "remembered");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "and read again");
    assert_eq!(trees(&meter).0, 3);
    let east = Zone::new("east", |_| 9 * 3600);
    let now_ms = START_MS + 20 * DAY_MS;
    call(&opencode, 50, "ses_2");
    meter
        .sync(Depth::Quick, &east, now_ms, &mut |_| true)
        .unwrap();
    check(&meter, "another zone");
    meter.rebuild(&east).unwrap();
    check(&meter, "rebuilt");
    sync(&mut meter, Depth::Thorough);
    check(&meter, "and read again in the first zone");
    let now_ms = START_MS + 35 * DAY_MS;
    assert!(meter.keep_months(1, &zone, now_ms).unwrap() > 0);
    check(&meter, "only the latest kept");
}

#[test]
fn quantiles_and_the_first_of_many_sessions_are_those_of_all() {
    let opencode = OpenCode::new();
    let all = opencode.connection.unchecked_transaction().unwrap();
    // Numbers that look like nothing in particular, over some powers of ten; one in five is a sub-agent's.
    let mut number = 1_u64;
    for session in 0..500_u64 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let id = format!("ses_{session}");
        let parent = (session % 5 == 4).then(|| format!("ses_{}", session - 1 - number % 4));
        let at_ms = START_MS + (number % (10 * DAY_MS).unsigned_abs()).cast_signed();
        opencode.session(&id, parent.as_deref(), at_ms);
        let input = 1 + (number >> 20) % 10_u64.pow(1 + (session % 7) as u32);
        let data = answer("u", at_ms, input, 0, input as f64 / 1e6);
        opencode.message(&format!("msg_{session}"), &id, at_ms, at_ms, &data);
    }
    all.commit().unwrap();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    assert_eq!(meter.health().unwrap().damage, None);
    for sort in [Sort::Fresh, Sort::Cost, Sort::Time, Sort::Steps] {
        let request = Request {
            limit: Some(20),
            sort: Some(sort),
            ..Request::new(By::Session)
        };
        all_time::compare(&meter, &request);
    }
}

#[test]
fn a_ledger_of_before_says_the_same_without_being_read_again() {
    let opencode = history();
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Thorough);
    let before = statistics(&meter);
    drop(meter);
    earlier::before("sums_of_trees.sql", &opencode.ledger());
    let mut meter = opencode.meter();
    assert_eq!(statistics(&meter), before);
    check(&meter, "migrated");
    call(&opencode, 60, "ses_3");
    sync(&mut meter, Depth::Quick);
    check(&meter, "and went on");
}
