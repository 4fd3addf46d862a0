// SPDX-License-Identifier: GPL-3.0-or-later
//! What listeners see of the notices, and what they can ask for.

use std::collections::HashMap;

use futures_util::StreamExt;
use octally_core::wire::{SessionRef, WaitingFor};
use zbus::{MessageStream, OwnedVariant, Proxy, Variant};

use super::{Line, connect, run};
use crate::{AlertsChange, Matter, Notice, PATH, Request, RequestError, Speaker};

const ALERTS: &str = "io.github.octally.Alerts1";

type Values = HashMap<String, OwnedVariant>;

async fn proxy(line: &Line) -> Proxy<'static> {
    let no = zbus::proxy::CacheProperties::No;
    zbus::proxy::Builder::new(&line.client)
        .destination(crate::NAME)
        .path(PATH)
        .interface(ALERTS)
        .cache_properties(no)
        .build()
        .await
        .unwrap()
}

fn text<'v>(values: &'v Values, key: &str) -> &'v str {
    <&str>::try_from(&*values[key]).unwrap()
}

fn waiting() -> Notice {
    let session = SessionRef {
        id: "ses_1".into(),
        title: Some("a title".into()),
        project: None,
    };
    Notice {
        id: "session:ses_1".into(),
        since_ms: 5,
        matter: Matter::Waiting {
            session,
            asks: WaitingFor::Question,
        },
    }
}

#[test]
fn the_settings_are_all_there_and_what_is_unknown_is_left_out() {
    run(async {
        let line = connect().await;
        let settings: Values = proxy(&line).await.get_property("Settings").await.unwrap();
        assert_eq!(settings.len(), 10, "{settings:?}");
        assert_eq!(text(&settings, "speaker"), "octally");
        assert_eq!(
            f64::try_from(&*settings["tripwire_usd_per_minute"]).unwrap(),
            5.0
        );
        line.settings
            .send_modify(|settings| settings.opencode_speaks = Some(true));
        let settings: Values = proxy(&line).await.get_property("Settings").await.unwrap();
        assert!(bool::try_from(&*settings["opencode_speaks"]).unwrap());
    });
}

#[test]
fn a_notice_is_a_dictionary_in_the_property_and_in_the_signal() {
    run(async {
        let line = connect().await;
        line.notices
            .send_modify(|state| state.notices.push(waiting()));
        let notices: Vec<Values> = proxy(&line).await.get_property("Notices").await.unwrap();
        let mut messages = MessageStream::from(&line.client);
        line.service.alert(&waiting()).await.unwrap();
        let message = messages.next().await.unwrap().unwrap();
        assert_eq!(message.header().member().unwrap(), "Alert");
        let (kind, details): (String, Values) = message.body().deserialize().unwrap();
        assert_eq!((kind.as_str(), &details), ("waiting", &notices[0]));
        assert_eq!(text(&details, "id"), "session:ses_1");
        assert_eq!(
            (text(&details, "asks"), text(&details, "session_id")),
            ("question", "ses_1")
        );
        assert!(details.contains_key("title") && !details.contains_key("project"));
    });
}

#[test]
fn changes_arrive_and_nonsense_is_refused_by_name() {
    run(async {
        let mut line = connect().await;
        let client = proxy(&line).await;
        for (key, value, why) in [
            (
                "finished",
                Variant::from(1_u32),
                "'finished' must be a boolean",
            ),
            ("min_turn_seconds", (-1_i32).into(), "a whole number"),
            ("speaker", "me".into(), "'octally', 'opencode' or 'both'"),
            (
                "opencode_speaks",
                true.into(),
                "OpenCode's own configuration",
            ),
            ("color", "red".into(), "no key 'color'"),
        ] {
            let changes = HashMap::from([(key, value)]);
            let error = client
                .call::<_, _, ()>("SetAlerts", &changes)
                .await
                .unwrap_err();
            let said = error.to_string();
            assert!(said.contains("InvalidArgs") && said.contains(why), "{said}");
        }
        let changes: HashMap<&str, Variant<'_>> = HashMap::from([
            ("idle_threshold_minutes", 5_i64.into()),
            ("tripwire_usd_per_minute", 2_u32.into()),
            ("speaker", "both".into()),
        ]);
        let call = client.call::<_, _, ()>("SetAlerts", &changes);
        let answer = async {
            let Some(Request::SetAlerts(change, reply)) = line.requests.recv().await else {
                panic!()
            };
            let expected = AlertsChange {
                idle_threshold_minutes: Some(5),
                tripwire_usd_per_minute: Some(2.0),
                speaker: Some(Speaker::Both),
                ..AlertsChange::default()
            };
            assert_eq!(*change, expected);
            reply
                .send(Err(RequestError::Invalid("it must not".into())))
                .unwrap();
        };
        let (result, ()) = tokio::join!(call, answer);
        assert!(result.unwrap_err().to_string().contains("it must not"));
    });
}
