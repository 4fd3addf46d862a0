// SPDX-License-Identifier: GPL-3.0-or-later
//! Budgets over D-Bus: set, spent, crossed, removed; and the file behind them.

use std::collections::HashMap;
use std::process::Command;

use zbus::Variant;

use crate::database::OpenCode;
use crate::world::{ALERTS, Listener, Values, World, run, text};

const MINE: &str = "# my own words\nidle_threshold_minutes = 20  # enough\n";

fn config(world: &World) -> std::path::PathBuf {
    world.home.path().join(".config/octally/config.toml")
}

fn write(world: &World, text: &str) {
    std::fs::create_dir_all(config(world).parent().unwrap()).unwrap();
    std::fs::write(config(world), text).unwrap();
}

async fn budgets(listener: &Listener) -> Vec<Values> {
    let proxy = listener.proxy(ALERTS).await;
    proxy.get_property("Budgets").await.unwrap()
}

async fn set(listener: &Listener, id: &str, budget: &[(&str, Variant<'_>)]) -> zbus::Result<()> {
    let budget: HashMap<&str, Variant<'_>> = budget
        .iter()
        .map(|(key, value)| (*key, value.try_clone().unwrap()))
        .collect();
    let proxy = listener.proxy(ALERTS).await;
    proxy.call("SetBudget", &(id, budget)).await
}

fn number(budget: &Values, key: &str) -> f64 {
    f64::try_from(&*budget[key]).unwrap()
}

#[test]
fn a_budget_set_on_the_bus_is_there_at_once_and_the_file_keeps_its_comments() {
    let Some(world) = World::new() else { return };
    write(&world, MINE);
    let opencode = OpenCode::start(&world.data());
    opencode.step("msg_1");
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        assert_eq!(budgets(&listener).await.len(), 0);
        let limit = [("limit_usd", 10.0.into()), ("period", "day".into())];
        set(&listener, "mine", &limit).await.unwrap();
        let found = budgets(&listener).await.remove(0);
        assert_eq!(
            (text(&found, "id"), text(&found, "period")),
            ("mine".into(), "day".into())
        );
        assert_eq!(number(&found, "limit_usd"), 10.0);
        let spent = number(&found, "spent_usd");
        assert_eq!(number(&found, "left_usd"), 10.0 - spent);
        assert!(!found.contains_key("project") && !found.contains_key("crossed"));
        let file = std::fs::read_to_string(config(&world)).unwrap();
        assert_eq!(
            file,
            format!("{MINE}\n[budgets.mine]\nperiod = \"day\"\nlimit_usd = 10.0\n")
        );
        // A step is heard as a change of the budget.
        opencode.step("msg_2");
        while number(&budgets(&listener).await[0], "spent_usd") <= spent {
            listener.changed().await;
        }
        // A new limit counts at once.
        set(&listener, "mine", &[("limit_usd", 0.000_001.into())])
            .await
            .unwrap();
        let over = budgets(&listener).await.remove(0);
        assert_eq!(u32::try_from(&*over["crossed"]).unwrap(), 100);
        assert!(number(&over, "left_usd") < 0.0 && number(&over, "share") > 1.0);
        let proxy = listener.proxy(ALERTS).await;
        proxy
            .call::<_, _, ()>("RemoveBudget", &"mine")
            .await
            .unwrap();
        assert_eq!(budgets(&listener).await.len(), 0);
        assert_eq!(std::fs::read_to_string(config(&world)).unwrap(), MINE);
    });
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        set(&listener, "client", &[("limit_usd", 5.into())])
            .await
            .unwrap();
        let refused = async |id: &str, budget: &[(&str, Variant<'_>)], said: &str| {
            let error = set(&listener, id, budget).await.unwrap_err().to_string();
            assert!(
                error.contains("InvalidArgs") && error.contains(said),
                "{said}: {error}"
            );
        };
        refused("new", &[], "needs a limit").await;
        refused("No Name", &[("limit_usd", 5.into())], "must be 1 to 40").await;
        refused("client", &[("period", "year".into())], "day, week, month").await;
        refused("client", &[("limit_usd", (-1).into())], "above 0").await;
        refused("client", &[("color", "red".into())], "no key 'color'").await;
        let proxy = listener.proxy(ALERTS).await;
        let unknown = proxy.call::<_, _, ()>("RemoveBudget", &"cleint").await;
        let error = unknown.unwrap_err().to_string();
        assert!(
            error.contains("InvalidArgs") && error.contains("did you mean client?"),
            "{error}"
        );
        // A file that cannot be changed is no fault of the caller's.
        write(&world, "broken = [\n");
        let error = set(&listener, "client", &[]).await.unwrap_err().to_string();
        assert!(
            error.contains("Error.Failed") && error.contains("is no valid TOML"),
            "{error}"
        );
        assert_eq!(
            std::fs::read_to_string(config(&world)).unwrap(),
            "broken = [\n"
        );
    });
}

#[test]
fn the_command_line_and_hup_reach_the_daemon() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        let mut octally = Command::new(env!("CARGO_BIN_EXE_octally"));
        octally
            .args(["budget", "set", "mine", "--limit", "5"])
            .env_clear()
            .env("HOME", world.home.path())
            .env("DBUS_SESSION_BUS_ADDRESS", &world.address);
        assert!(octally.output().unwrap().status.success());
        while budgets(&listener).await.is_empty() {
            listener.changed().await;
        }
        write(
            &world,
            "[budgets.b]\nlimit_usd = 1\n[budgets.a]\nlimit_usd = 2\n",
        );
        daemon.signal("HUP");
        while budgets(&listener).await.len() != 2 {
            listener.changed().await;
        }
        let ids: Vec<_> = budgets(&listener)
            .await
            .iter()
            .map(|b| text(b, "id"))
            .collect();
        assert_eq!(ids, ["b", "a"], "in the order of the file");
    });
}
