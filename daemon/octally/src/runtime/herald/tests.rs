// SPDX-License-Identifier: GPL-3.0-or-later
//! Sequences of states and what is told of them.

use octally_core::source::stats_file::{Process, Run, StatsFile};
use octally_core::wire::{Freshness, FreshnessState, Usage};

use super::*;

const THRESHOLD_MS: i64 = 900_000;

/// One session of one run at one instant.
#[derive(Clone)]
struct Now {
    id: &'static str,
    parent: Option<&'static str>,
    state: RunState,
    shown: State,
    since_ms: i64,
    active_ms: i64,
    steps: u64,
}

fn root(state: RunState, since_ms: i64) -> Now {
    let shown = match state {
        RunState::Busy => State::Busy,
        RunState::Idle => State::Idle,
        _ => State::Waiting,
    };
    Now {
        id: "ses_root",
        parent: None,
        state,
        shown,
        since_ms,
        active_ms: since_ms,
        steps: 1,
    }
}

fn line(now: &Now) -> SessionLine {
    SessionLine {
        id: now.id.into(),
        title: None,
        project: None,
        model: None,
        agent: None,
        parent: now.parent.map(Into::into),
        run: Some("run".into()),
        state: now.shown,
        waiting_for: (now.shown == State::Waiting).then_some(WaitingFor::Permission),
        since_ms: now.since_ms,
        last_activity_ms: now.active_ms,
        is_silent: false,
        usage: Usage {
            steps: now.steps,
            ..Usage::default()
        },
        turn: Usage::default(),
    }
}

fn session(now: &Now) -> RunSession {
    RunSession {
        id: now.id.into(),
        parent_id: now.parent.map(Into::into),
        state: now.state,
        since_ms: now.since_ms,
        last_activity_ms: now.active_ms,
    }
}

#[derive(Default)]
struct Story {
    herald: Herald,
}

impl Story {
    fn begin(sessions: &[Now]) -> Self {
        let mut story = Self::default();
        assert_eq!(
            story.at(1000, sessions),
            Vec::<String>::new(),
            "the first state is no news"
        );
        story
    }

    fn at(&mut self, now_ms: i64, sessions: &[Now]) -> Vec<String> {
        let (live, snapshot) = state(now_ms, sessions);
        let word = |news: &News<'_>| match news {
            News::Idle(line, cause) => format!("{} {cause:?}", line.id),
            News::Waiting(line) => format!("{} waits", line.id),
        };
        self.herald
            .compare(&live, &snapshot, THRESHOLD_MS)
            .iter()
            .map(word)
            .collect()
    }
}

fn state(now_ms: i64, sessions: &[Now]) -> (Live, Snapshot) {
    let run = Run {
        id: "run".into(),
        process: Process::default(),
        started_ms: 0,
        last_activity_ms: 0,
        ended_ms: None,
        sessions: sessions.iter().map(session).collect(),
    };
    let live = Live {
        files: vec![StatsFile {
            runs: vec![run],
            plain: None,
        }],
        problems: Vec::new(),
    };
    let freshness = Freshness {
        state: FreshnessState::Fresh,
        since_ms: now_ms,
        reason: None,
    };
    let mut snapshot = Snapshot::empty(now_ms, "UTC", freshness);
    snapshot.sessions = sessions.iter().map(line).collect();
    (live, snapshot)
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_finished_turn_is_told_once() {
    let mut story = Story::begin(&[root(RunState::Busy, 500)]);
    let idle = [root(RunState::Idle, 2000)];
    assert_eq!(story.at(2000, &idle), ["ses_root Finished"]);
    assert_eq!(story.at(2001, &idle), NOTHING);
    assert_eq!(story.at(3000, &idle), NOTHING);
}

#[test]
fn what_was_idle_or_waiting_at_the_start_is_not_told() {
    let mut story = Story::begin(&[root(RunState::Idle, 500)]);
    assert_eq!(story.at(2000, &[root(RunState::Idle, 500)]), NOTHING);
    let mut story = Story::begin(&[root(RunState::WaitingQuestion, 500)]);
    assert_eq!(
        story.at(2000, &[root(RunState::WaitingQuestion, 500)]),
        NOTHING
    );
}

#[test]
fn a_turn_that_no_read_saw_busy_is_told() {
    let mut story = Story::begin(&[root(RunState::Idle, 500)]);
    let next = Now {
        steps: 2,
        ..root(RunState::Idle, 2000)
    };
    assert_eq!(
        story.at(2100, std::slice::from_ref(&next)),
        ["ses_root Finished"]
    );
    // The same end told twice by OpenCode, with nothing done in between.
    assert_eq!(
        story.at(
            2200,
            &[Now {
                since_ms: 2150,
                ..next
            }]
        ),
        NOTHING
    );
    let mut story = Story::begin(&[]);
    assert_eq!(
        story.at(2100, &[root(RunState::Idle, 2000)]),
        ["ses_root Finished"]
    );
}

#[test]
fn an_old_session_that_turns_up_late_is_not_told() {
    let mut story = Story::begin(&[]);
    assert_eq!(story.at(2000, &[root(RunState::Idle, 500)]), NOTHING);
}

#[test]
fn a_file_that_is_unreadable_for_a_moment_repeats_nothing() {
    let mut story = Story::begin(&[root(RunState::Busy, 500)]);
    let idle = [root(RunState::Idle, 2000)];
    story.at(2000, &idle);
    assert_eq!(story.at(2100, &[]), NOTHING);
    assert_eq!(story.at(2200, &idle), NOTHING);
}

fn child(state: RunState, since_ms: i64) -> Now {
    Now {
        id: "ses_child",
        parent: Some("ses_root"),
        ..root(state, since_ms)
    }
}

#[test]
fn a_question_is_told_once_and_again_when_there_is_another() {
    let mut story = Story::begin(&[root(RunState::Busy, 500)]);
    let asks = [root(RunState::WaitingQuestion, 1500)];
    assert_eq!(story.at(1500, &asks), ["ses_root waits"]);
    assert_eq!(story.at(1600, &asks), NOTHING);
    assert_eq!(
        story.at(1700, &[root(RunState::WaitingQuestion, 1650)]),
        ["ses_root waits"]
    );
}

#[test]
fn a_sub_agent_that_finishes_is_not_told() {
    let busy = root(RunState::Busy, 500);
    let mut story = Story::begin(&[busy.clone(), child(RunState::Busy, 600)]);
    assert_eq!(
        story.at(2000, &[busy, child(RunState::Idle, 2000)]),
        NOTHING
    );
}

#[test]
fn a_sub_agent_that_waits_is_told_of_its_root_session_alone() {
    let busy = root(RunState::Busy, 500);
    let mut story = Story::begin(&[busy.clone(), child(RunState::Busy, 600)]);
    let asks = child(RunState::WaitingPermission, 1500);
    let shown = Now {
        shown: State::Waiting,
        since_ms: 1500,
        ..busy.clone()
    };
    assert_eq!(story.at(1500, &[shown, asks.clone()]), ["ses_root waits"]);
    let mut story = Story::begin(&[busy.clone(), child(RunState::Busy, 600)]);
    assert_eq!(story.at(1500, &[busy, asks]), ["ses_child waits"]);
}

#[test]
fn a_run_that_ended_is_not_told() {
    let mut story = Story::begin(&[root(RunState::Busy, 500)]);
    let gone = Now {
        shown: State::Gone,
        ..root(RunState::Idle, 2000)
    };
    assert_eq!(story.at(2000, std::slice::from_ref(&gone)), NOTHING);
    assert_eq!(story.at(2000 + THRESHOLD_MS * 2, &[gone]), NOTHING);
}

#[test]
fn silence_is_told_once_per_period_also_after_a_finished_turn() {
    let mut story = Story::begin(&[root(RunState::Busy, 500)]);
    let idle = [root(RunState::Idle, 2000)];
    assert_eq!(story.at(2000, &idle), ["ses_root Finished"]);
    assert_eq!(story.at(2000 + THRESHOLD_MS - 1, &idle), NOTHING);
    assert_eq!(story.at(2000 + THRESHOLD_MS, &idle), ["ses_root Threshold"]);
    assert_eq!(story.at(2000 + THRESHOLD_MS * 3, &idle), NOTHING);
    let later_ms = 2000 + THRESHOLD_MS * 4;
    assert_eq!(
        story.at(later_ms, &[root(RunState::Busy, later_ms)]),
        NOTHING
    );
    let silent = story.at(later_ms + THRESHOLD_MS, &[root(RunState::Busy, later_ms)]);
    assert_eq!(silent, ["ses_root Threshold"]);
}

#[test]
fn a_working_sub_agent_is_no_silence() {
    let active = |active_ms| Now {
        active_ms,
        ..child(RunState::Busy, 600)
    };
    let busy = root(RunState::Busy, 500);
    let mut story = Story::begin(&[busy.clone(), active(600)]);
    let later_ms = 500 + THRESHOLD_MS;
    assert_eq!(
        story.at(later_ms, &[busy.clone(), active(later_ms - 1)]),
        NOTHING
    );
    let silent = story.at(later_ms * 2, &[busy, active(later_ms - 1)]);
    assert_eq!(silent, ["ses_root Threshold"]);
}

#[test]
fn a_session_that_is_its_own_parent_harms_nothing() {
    let odd = Now {
        parent: Some("ses_root"),
        ..root(RunState::Busy, 500)
    };
    let mut story = Story::begin(std::slice::from_ref(&odd));
    assert_eq!(story.at(THRESHOLD_MS * 2, &[odd]), NOTHING);
}

#[test]
fn there_is_no_deadline_without_a_threshold_or_after_it_was_told() {
    let idle = [root(RunState::Idle, 2000)];
    let mut story = Story::begin(&idle);
    let (_, snapshot) = state(3000, &idle);
    assert_eq!(story.herald.next_deadline_ms(&snapshot, 0), None);
    let deadline = story.herald.next_deadline_ms(&snapshot, THRESHOLD_MS);
    assert_eq!(deadline, Some(2000 + THRESHOLD_MS));
    story.at(2000 + THRESHOLD_MS, &idle);
    let (_, mut snapshot) = state(3000, &idle);
    snapshot.sessions[0].is_silent = true;
    assert_eq!(story.herald.next_deadline_ms(&snapshot, THRESHOLD_MS), None);
}
