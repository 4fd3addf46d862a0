// SPDX-License-Identifier: GPL-3.0-or-later
//! What listeners hear, and what callers get.

use std::collections::HashMap;
use std::time::Instant;

use futures_util::StreamExt;
use octally_core::model::{Cost, ModelName, NanoUsd, Tokens};
use octally_core::rollup::By;
use octally_core::wire::{
    ModelUsage, ReportRow, ReportTotals, SessionLine, SessionMarks, State, Usage,
};
use zbus::fdo::{PropertiesChangedStream, PropertiesProxy};
use zbus::names::InterfaceName;
use zbus::{MessageStream, OwnedVariant, Proxy};

use super::*;
use crate::{IdleCause, NAME, PATH, Refreshed, RequestError};

const USAGE: &str = "io.github.octally.Usage1";
const SESSIONS: &str = "io.github.octally.Sessions1";
const ALERTS: &str = "io.github.octally.Alerts1";

pub(super) type Values = HashMap<String, OwnedVariant>;

pub(super) async fn properties(line: &Line) -> PropertiesProxy<'_> {
    PropertiesProxy::builder(&line.client)
        .destination(NAME)
        .path(PATH)
        .build()
        .await
        .unwrap()
}

/// The changes of properties from now on.
pub(super) async fn listen(line: &mut Line) -> PropertiesChangedStream {
    line.service.start_publishing().await.unwrap();
    let properties = properties(line).await;
    properties.receive_properties_changed().await.unwrap()
}

/// What a caller of Refresh gets when this is the loop's answer.
async fn refresh(line: &mut Line, answer: Result<Refreshed, RequestError>) -> zbus::Result<Values> {
    let client = proxy(line, USAGE).await;
    let answered = async {
        let Some(Request::Refresh(reply)) = line.requests.recv().await else {
            panic!()
        };
        reply.send(answer).unwrap();
    };
    let call = client.call("Refresh", &());
    let (result, ()) = tokio::join!(call, answered);
    result
}

pub(super) async fn all(line: &Line, interface: &'static str) -> Values {
    let interface = InterfaceName::from_static_str(interface).unwrap();
    properties(line).await.get_all(interface).await.unwrap()
}

pub(super) async fn proxy(line: &Line, interface: &'static str) -> Proxy<'static> {
    Proxy::new_owned(line.client.clone(), NAME, PATH, interface)
        .await
        .unwrap()
}

/// The interface and the names of the changed properties, sorted.
pub(super) async fn heard(changes: &mut PropertiesChangedStream) -> (String, Vec<String>) {
    let signal = changes.next().await.unwrap();
    let args = signal.args().unwrap();
    let mut names: Vec<_> = args
        .changed_properties()
        .keys()
        .map(|n| (*n).to_owned())
        .collect();
    names.sort();
    (args.interface_name().to_string(), names)
}

fn usage() -> Usage {
    let tokens = Tokens {
        input: 1,
        output: 2,
        reasoning: 3,
        cache_read: 4,
        cache_write: 5,
    };
    let cost = Cost {
        billed: NanoUsd(1_500_000_000),
        estimated: NanoUsd(0),
        unpriced_steps: 1,
    };
    let name = ModelName {
        provider: "mock".into(),
        model: "test".into(),
    };
    Usage {
        tokens,
        steps: 2,
        cost,
        models: vec![ModelUsage {
            name,
            tokens,
            steps: 2,
            cost,
        }],
    }
}

fn session(id: &str) -> SessionLine {
    SessionLine {
        id: id.into(),
        title: Some("a title".into()),
        project: None,
        model: None,
        agent: None,
        parent: None,
        run: Some("run".into()),
        state: State::Idle,
        waiting_for: None,
        since_ms: 7,
        last_activity_ms: 8,
        is_silent: false,
        usage: usage(),
        turn: usage(),
    }
}

#[test]
fn a_usage_dictionary_has_the_keys_of_the_contract_and_no_unknown_as_zero() {
    run(async {
        let line = connect().await;
        line.state
            .send_modify(|state| Arc::make_mut(state).today = usage());
        let mut today = HashMap::<String, OwnedVariant>::try_from(
            all(&line, USAGE).await.remove("Today").unwrap(),
        )
        .unwrap();
        let tokens = HashMap::<String, u64>::try_from(today.remove("tokens").unwrap()).unwrap();
        assert_eq!(tokens["cache_write"], 5);
        assert_eq!(u64::try_from(&*today["fresh"]).unwrap(), 6);
        assert_eq!(u64::try_from(&*today["total"]).unwrap(), 15);
        assert_eq!(f64::try_from(&*today["cost_billed_usd"]).unwrap(), 1.5);
        assert!(
            !today.contains_key("cost_estimated_usd"),
            "an unknown estimate is no 0"
        );
        let models = Vec::<Values>::try_from(today.remove("models").unwrap()).unwrap();
        assert_eq!(<&str>::try_from(&*models[0]["model"]).unwrap(), "mock/test");
    });
}

#[test]
fn only_what_differs_is_sent_and_once_per_interface() {
    run(async {
        let mut line = connect().await;
        let mut changes = listen(&mut line).await;
        line.state.send_modify(|state| {
            let state = Arc::make_mut(state);
            state.updated_ms = 2;
            state.total = usage();
        });
        let figures = vec!["Total".to_owned(), "UpdatedMs".to_owned()];
        assert_eq!(heard(&mut changes).await, (USAGE.to_owned(), figures));
        line.state
            .send_modify(|state| Arc::make_mut(state).sessions = vec![session("ses_1")]);
        let sessions = vec!["Sessions".to_owned()];
        assert_eq!(heard(&mut changes).await, (SESSIONS.to_owned(), sessions));
        line.settings
            .send_modify(|settings| settings.idle_threshold_minutes = 1);
        let threshold = vec!["IdleThresholdMs".to_owned()];
        assert_eq!(heard(&mut changes).await, (SESSIONS.to_owned(), threshold));
        let settings = vec!["Settings".to_owned()];
        assert_eq!(heard(&mut changes).await, (ALERTS.to_owned(), settings));
    });
}

#[test]
fn a_storm_is_heard_at_most_ten_times_a_second_and_its_end_always() {
    run(async {
        let mut line = connect().await;
        let mut changes = listen(&mut line).await;
        let start = Instant::now();
        let mut signals = 0;
        for step in 2..=2000 {
            line.state
                .send_modify(|state| Arc::make_mut(state).updated_ms = step);
            tokio::task::yield_now().await;
            while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, changes.next()).await {
                signals += 1;
            }
        }
        while all(&line, USAGE).await["UpdatedMs"] != 2000_i64.into() {
            tokio::task::yield_now().await;
        }
        let mut last = 0;
        while last < 2000 {
            let signal = changes.next().await.unwrap();
            signals += 1;
            last =
                i64::try_from(&signal.args().unwrap().changed_properties()["UpdatedMs"]).unwrap();
        }
        let most = 2 + start.elapsed().as_millis() / 100;
        assert!(
            signals <= most,
            "{signals} signals in {:?}",
            start.elapsed()
        );
    });
}

#[test]
fn idle_and_waiting_are_signals_with_their_details() {
    run(async {
        let line = connect().await;
        let mut messages = MessageStream::from(&line.client);
        line.service
            .announce_idle(&session("ses_1"), IdleCause::Finished)
            .await
            .unwrap();
        let message = messages.next().await.unwrap().unwrap();
        assert_eq!(message.header().member().unwrap(), "Idle");
        let (id, details): (String, Values) = message.body().deserialize().unwrap();
        assert_eq!(id, "ses_1");
        assert_eq!(<&str>::try_from(&*details["cause"]).unwrap(), "finished");
        assert!(details.contains_key("turn") && details.contains_key("title"));
        assert!(!details.contains_key("project"), "absent is a key left out");
    });
}

#[test]
fn a_refresh_is_answered_by_the_loop() {
    run(async {
        let mut line = connect().await;
        let result = refresh(
            &mut line,
            Ok(Refreshed {
                steps_added: 3,
                ..Refreshed::default()
            }),
        )
        .await;
        assert_eq!(u64::try_from(&*result.unwrap()["steps_added"]).unwrap(), 3);
    });
}

#[test]
fn a_report_carries_its_key_and_refuses_nonsense_by_name() {
    run(async {
        let mut line = connect().await;
        let client = proxy(&line, USAGE).await;
        let wrong: HashMap<&str, zbus::Variant<'_>> = HashMap::from([("by", "color".into())]);
        let error = client
            .call::<_, _, Vec<Values>>("Report", &wrong)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("InvalidArgs"), "{error}");
        let right: HashMap<&str, zbus::Variant<'_>> = HashMap::from([("by", "model".into())]);
        let call = client.call::<_, _, Vec<Values>>("Report", &right);
        let answer = async {
            let Some(Request::Report(question, reply)) = line.requests.recv().await else {
                panic!()
            };
            assert_eq!(question.by, By::Model);
            let row = |key: Option<&str>, marks| ReportRow {
                by: "model",
                key: key.map(Into::into),
                totals: ReportTotals::default(),
                models: Vec::new(),
                breakdown: None,
                marks,
                family: None,
            };
            let deleted = SessionMarks {
                archived_at: None,
                deleted_at: Some("2026-11-20T12:00:00Z".into()),
            };
            reply
                .send(Ok(vec![
                    row(Some("mock/test"), None),
                    row(None, Some(deleted)),
                ]))
                .unwrap();
        };
        let (rows, ()) = tokio::join!(call, answer);
        let rows = rows.unwrap();
        assert_eq!(<&str>::try_from(&*rows[0]["model"]).unwrap(), "mock/test");
        assert!(!rows[1].contains_key("model"));
        let deleted_at = <&str>::try_from(&*rows[1]["deleted_at"]).unwrap();
        assert_eq!(deleted_at, "2026-11-20T12:00:00Z");
        assert!(!rows[1].contains_key("archived_at"));
        assert!(!rows[0].contains_key("deleted_at"));
    });
}

#[test]
fn a_failure_of_the_loop_reaches_the_caller_in_words() {
    run(async {
        let mut line = connect().await;
        let result = refresh(
            &mut line,
            Err(RequestError::Failed("the disk is full".into())),
        )
        .await;
        assert!(result.unwrap_err().to_string().contains("the disk is full"));
        let client = proxy(&line, USAGE).await;
        drop(line.requests);
        let stopping = client
            .call::<_, _, Values>("Refresh", &())
            .await
            .unwrap_err();
        assert!(stopping.to_string().contains("stopping"), "{stopping}");
    });
}
