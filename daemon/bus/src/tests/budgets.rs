// SPDX-License-Identifier: GPL-3.0-or-later
//! Budgets: what listeners hear, and what becomes of calls.

use std::collections::HashMap;

use octally_core::model::{Budget, BudgetChange, BudgetCounts, BudgetPeriod};
use octally_core::wire::BudgetUsage;
use zbus::Variant;

use super::publishing::{Values, all, heard, listen, proxy};
use super::*;
use crate::RequestError;

const ALERTS: &str = "io.github.octally.Alerts1";

fn budget() -> BudgetUsage {
    BudgetUsage {
        id: "client".into(),
        period: BudgetPeriod::Week,
        limit_usd: 10.0,
        project: None,
        counts: BudgetCounts::All,
        warn_at: vec![50, 80],
        spent_usd: 6.0,
        left_usd: 4.0,
        share: 0.6,
        expected_share: None,
        expected_usd: None,
        starts_ms: 1,
        ends_ms: 2,
        crossed: Some(50),
        unpriced_steps: 3,
    }
}

async fn budgets(line: &Line) -> Vec<Values> {
    Vec::try_from(all(line, ALERTS).await.remove("Budgets").unwrap()).unwrap()
}

#[test]
fn a_budget_has_the_keys_of_the_contract_and_none_that_is_unknown() {
    run(async {
        let line = connect().await;
        let full = BudgetUsage {
            project: Some("/p".into()),
            expected_share: Some(1.5),
            expected_usd: Some(15.0),
            ..budget()
        };
        let bare = BudgetUsage {
            crossed: None,
            ..budget()
        };
        line.state
            .send_modify(|state| Arc::make_mut(state).budgets = vec![full, bare]);
        let found = budgets(&line).await;
        let mut keys: Vec<&str> = found[0].keys().map(String::as_str).collect();
        keys.sort_unstable();
        let expected = [
            "counts",
            "crossed",
            "ends_ms",
            "expected_share",
            "expected_usd",
            "id",
            "left_usd",
            "limit_usd",
            "period",
            "project",
            "share",
            "spent_usd",
            "starts_ms",
            "unpriced_steps",
            "warn_at",
        ];
        assert_eq!(keys, expected);
        assert_eq!(<&str>::try_from(&*found[0]["period"]).unwrap(), "week");
        assert_eq!(u32::try_from(&*found[0]["crossed"]).unwrap(), 50);
        assert_eq!(u64::try_from(&*found[0]["unpriced_steps"]).unwrap(), 3);
        for key in ["project", "expected_share", "expected_usd", "crossed"] {
            assert!(!found[1].contains_key(key), "{key}");
        }
    });
}

#[test]
fn budgets_are_heard_when_they_change_and_alone() {
    run(async {
        let mut line = connect().await;
        let mut changes = listen(&mut line).await;
        line.state
            .send_modify(|state| Arc::make_mut(state).budgets = vec![budget()]);
        let expected = (ALERTS.to_owned(), vec!["Budgets".to_owned()]);
        assert_eq!(heard(&mut changes).await, expected);
    });
}

#[test]
fn a_call_reaches_the_loop_and_its_refusal_the_caller() {
    run(async {
        let mut line = connect().await;
        let client = proxy(&line, ALERTS).await;
        let wanted: HashMap<&str, Variant<'_>> = HashMap::from([
            ("limit_usd", 5_u32.into()),
            ("warn_at", vec![90_u32].into()),
        ]);
        let arguments = ("client", wanted);
        let call = client.call::<_, _, ()>("SetBudget", &arguments);
        let answer = async {
            let Some(Request::SetBudget(id, change, done)) = line.requests.recv().await else {
                panic!()
            };
            let expected = BudgetChange {
                limit: Budget::limit(5.0),
                warn_at: Some(vec![90]),
                ..BudgetChange::default()
            };
            assert_eq!((id.as_str(), *change), ("client", expected));
            done.send(Ok(())).unwrap();
        };
        let (set, ()) = tokio::join!(call, answer);
        set.unwrap();
        let call = client.call::<_, _, ()>("RemoveBudget", &"cleint");
        let answer = async {
            let Some(Request::RemoveBudget(id, done)) = line.requests.recv().await else {
                panic!()
            };
            let refusal = RequestError::Invalid(format!("no '{id}'; did you mean client?"));
            done.send(Err(refusal)).unwrap();
        };
        let (removed, ()) = tokio::join!(call, answer);
        let error = removed.unwrap_err().to_string();
        assert!(
            error.contains("InvalidArgs") && error.contains("client?"),
            "{error}"
        );
    });
}

#[test]
fn what_is_wrong_with_a_dictionary_never_reaches_the_loop() {
    run(async {
        let mut line = connect().await;
        let client = proxy(&line, ALERTS).await;
        let wrong: HashMap<&str, Variant<'_>> = HashMap::from([("limit_usd", (-1).into())]);
        let arguments = ("client", wrong);
        let call = client.call::<_, _, ()>("SetBudget", &arguments);
        let error = call.await.unwrap_err().to_string();
        assert!(
            error.contains("InvalidArgs") && error.contains("above 0"),
            "{error}"
        );
        assert!(line.requests.try_recv().is_err());
    });
}
