// SPDX-License-Identifier: GPL-3.0-or-later
//! Sessions, their own figures, and those with their sub-agents'.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod opencode;

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Request, StoryLimits};
use octally_core::sync::Depth;
use octally_core::wire::{Report, ReportRow};
use opencode::{OpenCode, START_MS, answer, sync};

/// A root session with a sub-agent that has one of its own, and another root session.
fn nested() -> (OpenCode, Meter) {
    let opencode = OpenCode::new();
    opencode.session("ses_root", None, START_MS);
    opencode.session("ses_child", Some("ses_root"), START_MS + 1);
    opencode.session("ses_grandchild", Some("ses_child"), START_MS + 2);
    opencode.session("ses_other", None, START_MS + 3);
    for (number, session) in ["ses_root", "ses_child", "ses_grandchild", "ses_other"]
        .into_iter()
        .enumerate()
    {
        call(&opencode, session, 10_u64.pow(number as u32));
    }
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    (opencode, meter)
}

fn call(opencode: &OpenCode, session: &str, input: u64) {
    let at_ms = START_MS + 10;
    let data = answer("msg_user", at_ms, input, 0, 0.25);
    opencode.message(&format!("msg_{session}"), session, at_ms, at_ms, &data);
}

fn report(meter: &Meter, request: &Request) -> Report {
    meter.report(request, &Zone::utc()).unwrap()
}

fn row<'r>(report: &'r Report, id: &str) -> &'r ReportRow {
    let is_it = |row: &&ReportRow| row.key.as_deref() == Some(id);
    report.rows.iter().find(is_it).unwrap()
}

/// Own input, inclusive input, sessions in it, and the parent.
fn figures<'r>(report: &'r Report, id: &str) -> (u64, u64, u64, Option<&'r str>) {
    let row = row(report, id);
    let family = row.family.as_ref().unwrap();
    (
        row.totals.tokens.input,
        family.inclusive.tokens.input,
        family.inclusive.sessions,
        family.parent.as_deref(),
    )
}

#[test]
fn a_session_has_its_own_figures_and_inclusive_ones() {
    let (_opencode, meter) = nested();
    let all = report(&meter, &Request::new(By::Session));
    assert_eq!(figures(&all, "ses_root"), (1, 111, 3, None));
    assert_eq!(figures(&all, "ses_child"), (10, 110, 2, Some("ses_root")));
    assert_eq!(
        figures(&all, "ses_grandchild"),
        (100, 100, 1, Some("ses_child"))
    );
    assert_eq!(figures(&all, "ses_other"), (1000, 1000, 1, None));
    assert_eq!(all.totals.tokens.input, 1111);
    let family = row(&all, "ses_root").family.as_ref().unwrap();
    assert_eq!(family.inclusive.cost.billed_usd, 0.75);
    let models = report(&meter, &Request::new(By::Model));
    assert!(models.rows.iter().all(|row| row.family.is_none()));
}

#[test]
fn asking_for_one_session_does_not_take_its_sub_agents_from_it() {
    let (_opencode, meter) = nested();
    let request = Request {
        session: Some("ses_root".into()),
        ..Request::new(By::Session)
    };
    let one = report(&meter, &request);
    assert_eq!(one.rows.len(), 1);
    assert_eq!(figures(&one, "ses_root"), (1, 111, 3, None));
    assert_eq!((one.totals.tokens.input, one.totals.sessions), (1, 1));
    let by_model = Request {
        by: By::Model,
        ..request
    };
    assert_eq!(report(&meter, &by_model).totals.tokens.input, 1);
    let unknown = Request {
        session: Some("ses_nowhere".into()),
        ..Request::new(By::Session)
    };
    assert_eq!(report(&meter, &unknown).rows, []);
}

#[test]
fn a_parent_that_is_gone_is_named_and_a_ring_of_parents_is_included_once() {
    let opencode = OpenCode::new();
    opencode.session("ses_orphan", Some("ses_deleted"), START_MS);
    opencode.session("ses_a", Some("ses_b"), START_MS);
    opencode.session("ses_b", Some("ses_a"), START_MS);
    opencode.session("ses_self", Some("ses_self"), START_MS);
    for (session, input) in [
        ("ses_orphan", 1),
        ("ses_a", 10),
        ("ses_b", 100),
        ("ses_self", 1000),
    ] {
        call(&opencode, session, input);
    }
    let mut meter = opencode.meter();
    sync(&mut meter, Depth::Quick);
    let all = report(&meter, &Request::new(By::Session));
    assert_eq!(figures(&all, "ses_orphan"), (1, 1, 1, Some("ses_deleted")));
    assert_eq!(figures(&all, "ses_a"), (10, 110, 2, Some("ses_b")));
    assert_eq!(figures(&all, "ses_b"), (100, 110, 2, Some("ses_a")));
    assert_eq!(figures(&all, "ses_self"), (1000, 1000, 1, Some("ses_self")));
}

#[test]
fn a_story_has_the_models_the_dearest_sub_agents_and_the_latest_turns() {
    let (opencode, mut meter) = nested();
    for (turn, input) in [(1, 5), (2, 7)] {
        let at_ms = START_MS + 1_000 * turn;
        let data = answer(&format!("msg_user{turn}"), at_ms, input, 0, 0.5);
        opencode.message(&format!("msg_turn{turn}"), "ses_root", at_ms, at_ms, &data);
    }
    sync(&mut meter, Depth::Quick);
    let limits = StoryLimits {
        sub_agents: 1,
        turns: 2,
    };
    let story = meter.story("ses_root", limits).unwrap().unwrap();
    assert_eq!(story.session.own.tokens.input, 13);
    assert_eq!(story.session.inclusive.tokens.input, 123);
    assert_eq!(story.session.sub_agents.len(), 1);
    assert_eq!(story.model.as_deref(), Some("p/m"));
    let turns: Vec<(u64, i64, Option<i64>)> = story
        .turns
        .iter()
        .map(|turn| (turn.usage.tokens.input, turn.started_ms, turn.ended_ms))
        .collect();
    let (first_ms, second_ms) = (START_MS + 1_000, START_MS + 2_000);
    assert_eq!(
        turns,
        [
            (7, second_ms, Some(second_ms + 100)),
            (5, first_ms, Some(first_ms + 100))
        ]
    );
    let whole = StoryLimits {
        sub_agents: 9,
        turns: 9,
    };
    let first = meter.story("ses_root", whole).unwrap().unwrap();
    let first = first.turns.last().unwrap();
    assert_eq!(
        first.usage.tokens.input, 111,
        "with what its sub-agents did"
    );
    assert_eq!(meter.story("ses_none", whole).unwrap(), None);
}

/// In whatever order the sessions of one batch are put in their places: that of a set, which is another one each
/// time.
#[test]
fn sessions_whose_parents_become_known_together_are_one_family() {
    for _ in 0..16 {
        let opencode = OpenCode::new();
        opencode.session("ses_first", Some("ses_parent"), START_MS);
        call(&opencode, "ses_first", 1);
        let mut meter = opencode.meter();
        sync(&mut meter, Depth::Thorough);
        opencode.session("ses_second", Some("ses_parent"), START_MS);
        opencode.session("ses_parent", Some("ses_root"), START_MS);
        opencode.session("ses_root", None, START_MS);
        call(&opencode, "ses_second", 10);
        sync(&mut meter, Depth::Thorough);
        assert_eq!(meter.health().unwrap().damage, None);
        let mut request = Request::new(By::Session);
        request.limit = Some(9);
        let found = report(&meter, &request);
        assert_eq!(figures(&found, "ses_first").3, Some("ses_parent"));
        let trees = meter.sessions(&request, &Zone::utc()).unwrap().sessions;
        let roots: Vec<&str> = trees
            .iter()
            .filter(|node| node.depth == 0)
            .map(|node| node.id.as_str())
            .collect();
        assert_eq!(roots, ["ses_root"]);
    }
}
