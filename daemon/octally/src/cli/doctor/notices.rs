// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on what tells the user: whether two speak of the same, or nobody does.

use octally_bus::Speaker;

use super::check::{Check, Mark};
use crate::config::Settings;
use crate::runtime;

const TOPIC: &str = "notices";

/// Who speaks of finished turns and of sessions that wait, and what is remembered of what was told.
pub fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![speaker(settings)];
    if let Some(problem) = runtime::inspect_alerts(&settings.alerts_file) {
        let what = problem.to_string();
        checks.push(Check::bad(Mark::Warning, TOPIC, what, &problem.remedy));
    }
    checks
}

fn speaker(settings: &Settings) -> Check {
    let alerts = &settings.alerts;
    if !alerts.finished && !alerts.waiting {
        return Check::ok(TOPIC, "finished turns and sessions that wait are not told");
    }
    match (alerts.speaker, alerts.opencode_speaks) {
        (Speaker::Octally, Some(true)) => {
            let what = "both OpenCode and Octally tell of finished turns and of sessions that wait";
            let remedy = "set speaker = \"opencode\" under [alerts] in config.toml, or attention.enabled to \
                          false in OpenCode's tui.json or cli.json; speaker = \"both\" if you want it so";
            Check::bad(Mark::Warning, TOPIC, what, remedy)
        }
        (Speaker::OpenCode, Some(false)) => {
            let what = "nobody tells of finished turns and of sessions that wait: it is left to OpenCode, \
                        whose notifications are off";
            let remedy = "set attention.enabled to true in OpenCode's tui.json or cli.json, or speaker = \
                          \"octally\" under [alerts] in config.toml";
            Check::bad(Mark::Warning, TOPIC, what, remedy)
        }
        (_, None) => {
            let what = "whether OpenCode tells of finished turns by itself cannot be read from its tui.json \
                        or cli.json";
            Check::note(
                TOPIC,
                what,
                "correct the file; OpenCode cannot read it either",
            )
        }
        (speaker, Some(_)) => {
            let who = match speaker {
                Speaker::Octally => "Octally tells",
                Speaker::OpenCode => "OpenCode tells",
                Speaker::Both => "OpenCode and Octally tell, as configured,",
            };
            Check::ok(
                TOPIC,
                format!("{who} of finished turns and of sessions that wait"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn mark(speaker: Speaker, opencode_speaks: Option<bool>) -> Mark {
        let mut settings = crate::config::load(&Overrides::default());
        settings.alerts = octally_bus::AlertSettings {
            speaker,
            opencode_speaks,
            ..Default::default()
        };
        super::speaker(&settings).mark
    }

    #[test]
    fn two_that_tell_the_same_and_nobody_at_all_are_warned_of() {
        assert_eq!(mark(Speaker::Octally, Some(true)), Mark::Warning);
        assert_eq!(mark(Speaker::Octally, Some(false)), Mark::Ok);
        assert_eq!(mark(Speaker::OpenCode, Some(false)), Mark::Warning);
        assert_eq!(mark(Speaker::OpenCode, Some(true)), Mark::Ok);
        assert_eq!(mark(Speaker::Both, Some(true)), Mark::Ok);
        assert_eq!(mark(Speaker::Octally, None), Mark::Note);
    }
}
