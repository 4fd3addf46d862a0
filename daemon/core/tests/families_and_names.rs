// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions with their sub-agents, the names that can be asked about, and providers by day.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::{Budget, BudgetCounts, BudgetPeriod, DAY_MS, Day, Zone};
use octally_core::rollup::{By, Rank, Request};
use octally_core::sync::Depth;
use octally_core::wire::ReportRow;
use opencode::{OpenCode, START_MS, answer, sync};

/// A root with a child and a grandchild, another root, and two that are each other's parent.
fn meter() -> (OpenCode, Meter) {
    let opencode = OpenCode::new();
    let sessions = [
        ("ses_root", None),
        ("ses_child", Some("ses_root")),
        ("ses_grandchild", Some("ses_child")),
        ("ses_other", None),
        ("ses_round", Some("ses_about")),
        ("ses_about", Some("ses_round")),
    ];
    for (number, (id, parent)) in (0_i64..).zip(sessions) {
        let at_ms = START_MS + number * DAY_MS / 2;
        opencode.session(id, parent, at_ms);
        let input = 10_u64.pow(u32::try_from(number).unwrap());
        let text = answer("msg_user", at_ms, input, 0, 1.0);
        opencode.message(&format!("msg_{id}"), id, at_ms, at_ms, &text);
    }
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    (opencode, meter)
}

#[test]
fn a_family_is_a_root_with_everything_below_it_once() {
    let (_opencode, meter) = meter();
    let all = Request::new(By::Model);
    let (families, count) = meter.families(&all, Rank::Fresh, 10).unwrap();
    let found: Vec<(&str, u64, u64)> = families
        .iter()
        .map(|family| {
            (
                family.id.as_str(),
                family.totals.sessions,
                family.totals.tokens.fresh,
            )
        })
        .collect();
    assert!(found.contains(&("ses_root", 3, 111)), "{found:?}");
    assert!(found.contains(&("ses_other", 1, 1_000)), "{found:?}");
    assert!(families.is_sorted_by_key(|family| std::cmp::Reverse(family.totals.tokens.fresh)));
    assert_eq!(families.len(), count);
    let sum: u64 = found.iter().map(|(_, _, fresh)| fresh).sum();
    assert_eq!(sum, 111_111, "a circle loses nothing");

    // Three dollars against one each.
    let (dearest, count) = meter.families(&all, Rank::Cost, 1).unwrap();
    assert_eq!((dearest.len(), count >= 3), (1, true));
    assert_eq!(dearest[0].id, "ses_root");
}

#[test]
fn a_session_has_its_own_figures_and_those_below_it() {
    let (_opencode, meter) = meter();
    let child = meter.session_usage("ses_child").unwrap().unwrap();
    assert_eq!(child.parent.as_deref(), Some("ses_root"));
    assert_eq!(child.own.tokens.fresh(), 10);
    assert_eq!(child.inclusive.tokens.fresh(), 110);
    assert_eq!(child.sub_agents.len(), 1);
    assert_eq!(child.project.as_deref(), Some("p"));
    assert_eq!(
        meter
            .session_usage("ses_round")
            .unwrap()
            .unwrap()
            .inclusive
            .steps,
        2
    );
    assert_eq!(meter.session_usage("ses_none").unwrap(), None);
}

#[test]
fn the_names_are_those_of_the_ledger() {
    let (_opencode, meter) = meter();
    let catalog = meter.catalog().unwrap();
    assert_eq!(catalog.providers, ["p"]);
    assert_eq!(catalog.models, ["p/m"]);
    assert_eq!(catalog.projects[0].name, "p");
    assert_eq!(
        meter.session_ids("ses_", 2).unwrap(),
        ["ses_about", "ses_round"]
    );
    assert_eq!(
        meter.session_ids("ses_r", 9).unwrap(),
        ["ses_round", "ses_root"]
    );
    // Neither is a wildcard.
    assert_eq!(meter.session_ids("%", 9).unwrap(), Vec::<String>::new());
}

#[test]
fn a_project_is_asked_for_by_its_own_name_alone() {
    let opencode = OpenCode::new();
    let paths = ["my_app", "my-app", "MY_APP", "a_my_app"];
    for (number, name) in (0..).zip(paths) {
        let (project, id) = (format!("p{number}"), format!("ses_{number}"));
        let sql = "INSERT INTO project VALUES (?, '/home/dev/' || ?, NULL)";
        opencode.connection.execute(sql, [&project, name]).unwrap();
        opencode.session(&id, None, START_MS);
        let sql = "UPDATE session SET project_id = ? WHERE id = ?";
        opencode.connection.execute(sql, [&project, &id]).unwrap();
        let data = answer("msg_user", START_MS, 10_u64.pow(number), 0, 1.0);
        opencode.message(&format!("msg_{id}"), &id, START_MS, START_MS, &data);
    }
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    for (number, name) in (0..).zip(paths) {
        for name in [name, &format!("/home/dev/{name}"), &format!("dev/{name}")] {
            let mut request = Request::new(By::Day);
            request.project = Some(name.into());
            let found = meter.report(&request, &Zone::utc()).unwrap();
            assert_eq!(found.totals.tokens.input, 10_u64.pow(number), "{name}");
            let budget = Budget {
                id: "b".into(),
                period: BudgetPeriod::Month,
                limit: Budget::limit(10.0).unwrap(),
                project: Some(name.into()),
                counts: BudgetCounts::Billed,
                warn_at: Vec::new(),
            };
            let spent = meter.budgets(&[budget], &Zone::utc(), START_MS).unwrap();
            assert_eq!(spent[0].spent_usd, 1.0, "{name}");
        }
    }
}

#[test]
fn projects_at_one_path_are_one_row() {
    let (opencode, mut meter) = meter();
    let again =
        "INSERT INTO project VALUES ('p2', '/home/dev/p', NULL), ('q', '/home/dev/q', NULL);
        UPDATE session SET project_id = 'p2' WHERE id IN ('ses_child', 'ses_other');
        UPDATE session SET project_id = 'q', directory = '/home/dev/q' WHERE id = 'ses_about'";
    opencode.connection.execute_batch(again).unwrap();
    sync(&mut meter, Depth::Thorough);
    for since_ms in [None, Some(1)] {
        let mut request = Request::new(By::Project);
        request.since_ms = since_ms;
        let found = meter.report(&request, &Zone::utc()).unwrap().rows;
        let row = |row: &ReportRow| {
            let totals = &row.totals;
            (row.key.clone(), totals.sessions, totals.tokens.input)
        };
        let rows: Vec<_> = found.iter().map(row).collect();
        let wanted = [
            (Some("/home/dev/q".into()), 1, 100_000),
            (Some("/home/dev/p".into()), 5, 11_111),
        ];
        assert_eq!(rows, wanted);
        request.project = Some("/home/dev/p".into());
        let asked = meter.report(&request, &Zone::utc()).unwrap();
        assert_eq!(asked.rows, found[1..]);
        assert_eq!(asked.totals, found[1].totals);
    }
}

/// One zone has the day table, the other is folded from the quarters.
#[test]
fn providers_by_day_are_those_of_the_report_in_any_zone() {
    let (_opencode, meter) = meter();
    for zone in [Zone::utc(), Zone::new("east", |_| 5 * 3600 + 1800)] {
        let report = meter.report(&Request::new(By::Day), &zone).unwrap();
        let days = meter.provider_days(Day(0), Day(40_000), &zone).unwrap();
        let found: Vec<(String, u64)> = days
            .iter()
            .map(|day| (day.day.to_string(), day.tokens.fresh()))
            .collect();
        let expected: Vec<(String, u64)> = report
            .rows
            .iter()
            .map(|row| (row.key.clone().unwrap(), row.totals.tokens.fresh))
            .collect();
        assert_eq!(found, expected, "{zone:?}");
        let first = days[0].day;
        assert_eq!(meter.provider_days(first, first, &zone).unwrap(), days[..1]);
    }
}
