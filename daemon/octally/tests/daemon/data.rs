// SPDX-License-Identifier: GPL-3.0-or-later
//! What the daemon explains of a session, and does with the data.

use std::io::{Read, Seek};

use zbus::{Fd, OwnedVariant, Proxy, Variant};

use crate::database::OpenCode;
use crate::story::beside_a_step;
use crate::world::{SESSIONS, Values, World, run, text};

const DATA: &str = "io.github.octally.Data1";

fn count(values: &Values, key: &str) -> u64 {
    u64::try_from(&*values[key]).unwrap()
}

fn list(values: &Values, key: &str) -> Vec<Values> {
    let value: OwnedVariant = values[key].try_clone().unwrap();
    Vec::<Values>::try_from(value).unwrap()
}

async fn dict(proxy: &Proxy<'_>, method: &str) -> Values {
    proxy.call(method, &()).await.unwrap()
}

#[test]
fn a_session_is_explained() {
    beside_a_step(async |_, _, listener| {
        let sessions = listener.proxy(SESSIONS).await;
        let told: Values = sessions.call("Describe", &("ses_1",)).await.unwrap();
        assert_eq!(text(&told, "id"), "ses_1");
        let usage = Values::try_from(told["inclusive"].try_clone().unwrap()).unwrap();
        assert_eq!(count(&usage, "steps"), 1);
        assert_eq!(list(&told, "turns").len(), 1);
        assert_eq!(list(&told, "models").len(), 1);
        let refused = sessions
            .call::<_, _, Values>("Describe", &("ses_none",))
            .await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("io.github.octally.Error.UnknownSession"),
            "{refused}"
        );
    });
}

#[test]
fn the_pace_is_that_of_the_last_minutes() {
    let Some(world) = World::new() else { return };
    let opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        assert!(listener.dict("Pace").await.is_empty());
        opencode.step("msg_1");
        listener.wait_for_steps("Total", 1).await;
        let pace = listener.dict("Pace").await;
        assert!(f64::try_from(&*pace["fresh_per_minute"]).unwrap() > 0.0);
    });
}

#[test]
fn what_is_kept_is_told_forgotten_remembered_and_rebuilt() {
    beside_a_step(async |_, _, listener| {
        let data = listener.proxy(DATA).await;
        let kept = dict(&data, "Describe").await;
        assert_eq!((count(&kept, "steps"), count(&kept, "sessions")), (1, 1));
        let project = text(&list(&kept, "projects")[0], "project");
        assert_eq!(list(&kept, "sources").len(), 1);

        let forgotten: Values = data.call("Forget", &(&project,)).await.unwrap();
        assert_eq!(count(&forgotten, "steps"), 1);
        listener.wait_for_steps("Total", 0).await;
        let unknown = data.call::<_, _, Values>("Forget", &("/nowhere",)).await;
        assert!(unknown.unwrap_err().to_string().contains("/nowhere"));

        data.call::<_, _, ()>("Remember", &(&project,))
            .await
            .unwrap();
        listener.wait_for_steps("Total", 1).await;
        let rebuilt = dict(&data, "Rebuild").await;
        assert_eq!(count(&rebuilt, "steps"), 1);
    });
}

#[test]
fn an_export_goes_into_the_callers_file() {
    beside_a_step(async |_, _, listener| {
        let data = listener.proxy(DATA).await;
        let mut file = tempfile::tempfile().unwrap();
        let options = std::collections::HashMap::from([("format", Variant::from("jsonl"))]);
        let done: Values = data
            .call("Export", &(Fd::from(&file), &options))
            .await
            .unwrap();
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(count(&done, "bytes"), written.len() as u64);
        assert_eq!(written.lines().count(), 1, "{written}");
        let options = std::collections::HashMap::from([("format", Variant::from("pdf"))]);
        let refused = data
            .call::<_, _, Values>("Export", &(Fd::from(&file), &options))
            .await;
        assert!(refused.unwrap_err().to_string().contains("jsonl"));
    });
}

#[test]
fn the_doctor_is_asked_over_the_bus() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let data = listener.proxy(DATA).await;
        let checks: Vec<Values> = data.call("Diagnose", &()).await.unwrap();
        let names: Vec<String> = checks.iter().map(|check| text(check, "name")).collect();
        assert!(names.iter().any(|name| name == "ledger"), "{names:?}");
        assert!(names.iter().any(|name| name == "daemon"), "{names:?}");
    });
}

#[test]
fn how_long_is_kept_is_written_to_the_configuration() {
    let Some(world) = World::new() else { return };
    let _opencode = OpenCode::start(&world.data());
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let data = listener.proxy(DATA).await;
        data.call::<_, _, ()>("SetRetention", &(24_u32,))
            .await
            .unwrap();
        let config = world.home.path().join(".config/octally/config.toml");
        let written = std::fs::read_to_string(config).unwrap();
        assert!(written.contains("keep_months = 24"), "{written}");
        let kept = dict(&data, "Describe").await;
        assert_eq!(u32::try_from(&*kept["keep_months"]).unwrap(), 24);
    });
}
