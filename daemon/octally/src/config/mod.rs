// SPDX-License-Identifier: GPL-3.0-or-later
//! Where everything is and how it is to be read: flags, environment, `config.toml`, defaults.
//!
//! The order of precedence is the same for every setting: flag, environment, file, default. Loading
//! never fails, so that the daemon keeps running on a broken file; what is wrong is a [`Problem`]
//! that names the line. Nothing here opens OpenCode's data or the ledger.

pub mod budgets;
pub mod data;
pub mod edit;
mod environment;
mod file;
mod host;
mod reader;
mod zone;

use std::path::{Path, PathBuf};

use octally_core::meter::Host;
use octally_core::model::{Budget, Problem, Severity, Zone};
use octally_core::pricing::check_user_prices;
use octally_core::sync::Origins;

pub use environment::Environment;
pub use octally_core::model::nearest;
pub use zone::{local_zone, named_zone, zone_names};

use file::ConfigFile;

/// The idle threshold without any configuration: 15 minutes.
const DEFAULT_IDLE_THRESHOLD_MINUTES: u32 = 15;

/// What the command line says in place of environment and file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// OpenCode's data folders; empty: as configured.
    pub data_dirs: Vec<PathBuf>,
    /// The ledger.
    pub ledger: Option<PathBuf>,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The name of a time zone.
    pub tz: Option<String>,
}

/// Everything that was decided, and what was wrong on the way.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where OpenCode's data and prices are.
    pub origins: Origins,
    /// Our own store.
    pub ledger: PathBuf,
    /// The configuration file, whether it exists or not.
    pub config: PathBuf,
    /// This machine.
    pub host: Host,
    /// A session without activity for this long counts as idle; 0: never.
    pub idle_threshold_ms: i64,
    /// Sessions that ended so many months ago are forgotten; 0: never.
    pub keep_months: u32,
    /// The zone of days and hours.
    pub zone: Zone,
    /// What the user means to spend at most, in the order of the file.
    pub budgets: Vec<Budget>,
    /// What was wrong with the configuration; defaults stand in for it.
    pub problems: Vec<Problem>,
}

/// Decides everything from `overrides`, this process's environment and the configuration file.
pub fn load(overrides: &Overrides) -> Settings {
    load_from(overrides, &Environment::of_process())
}

/// The budgets of a configuration file as it is now.
pub fn budgets_of(config: &Path) -> Vec<Budget> {
    // Budgets have no paths that begin with ~.
    ConfigFile::load(config, Path::new("/")).0.budgets
}

fn load_from(overrides: &Overrides, env: &Environment) -> Settings {
    let config = first([&overrides.config, &env.path("OCTALLY_CONFIG")])
        .unwrap_or_else(|| env.config_home().join("octally/config.toml"));
    let (file, mut problems) = ConfigFile::load(&config, env.home());
    let ledger = first([&overrides.ledger, &env.path("OCTALLY_LEDGER"), &file.ledger])
        .unwrap_or_else(|| env.data_home().join("octally/ledger.db"));
    let minutes = file
        .idle_threshold_minutes
        .unwrap_or(DEFAULT_IDLE_THRESHOLD_MINUTES);
    let data_dirs = data_dirs(overrides, env, &file);
    let zone = zone(overrides, env, &mut problems);
    problems.extend(check_user_prices(&user_prices(env)));
    Settings {
        origins: Origins {
            databases: databases(env, &data_dirs),
            price_files: price_files(env),
            data_dirs,
        },
        ledger,
        config,
        host: host::load(env, &mut problems),
        idle_threshold_ms: i64::from(minutes) * 60_000,
        keep_months: file.keep_months.unwrap_or(0),
        zone,
        budgets: file.budgets,
        problems,
    }
}

fn first<const N: usize>(choices: [&Option<PathBuf>; N]) -> Option<PathBuf> {
    choices.into_iter().flatten().next().cloned()
}

fn data_dirs(overrides: &Overrides, env: &Environment, file: &ConfigFile) -> Vec<PathBuf> {
    let listed = env.list("OPENCODE_DATA_DIR");
    let chosen = [&overrides.data_dirs, &listed, &file.data_dirs]
        .into_iter()
        .find(|l| !l.is_empty());
    let mut dirs = chosen
        .cloned()
        .unwrap_or_else(|| vec![env.opencode_data_home()]);
    let mut seen = std::collections::HashSet::new();
    dirs.retain(|dir| seen.insert(dir.clone()));
    dirs
}

/// `OPENCODE_DB` is an absolute path, or a name below the data folder; a database in memory cannot
/// be read from outside.
fn databases(env: &Environment, data_dirs: &[PathBuf]) -> Vec<PathBuf> {
    match env.path("OPENCODE_DB") {
        None => Vec::new(),
        Some(name) if name == Path::new(":memory:") => Vec::new(),
        Some(path) if path.is_absolute() => vec![path],
        Some(name) => data_dirs
            .iter()
            .take(1)
            .map(|dir| dir.join(&name))
            .collect(),
    }
}

/// Best first: what the user says, what the running OpenCode bills with, what it has downloaded.
fn price_files(env: &Environment) -> Vec<PathBuf> {
    let ours = [
        user_prices(env),
        env.state_home().join("octally/prices.json"),
    ];
    let opencodes = env.path("OPENCODE_MODELS_PATH");
    ours.into_iter()
        .chain(opencodes)
        .chain([env.opencode_cache_home().join("models.json")])
        .collect()
}

fn user_prices(env: &Environment) -> PathBuf {
    env.config_home().join("octally/prices.toml")
}

fn zone(overrides: &Overrides, env: &Environment, problems: &mut Vec<Problem>) -> Zone {
    let (zone, problem) = zone::local(env);
    let Some(name) = &overrides.tz else {
        problems.extend(problem);
        return zone;
    };
    named_zone(name).unwrap_or_else(|unknown| {
        problems.push(Problem::new(
            Severity::Error,
            "unknown_zone",
            unknown.to_string(),
            "--tz",
            unknown.remedy(),
        ));
        zone
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(vars: &[(&str, &str)], overrides: Overrides) -> (tempfile::TempDir, Settings) {
        let home = tempfile::tempdir().unwrap();
        let env = Environment::for_test(home.path(), vars);
        let settings = load_from(&overrides, &env);
        (home, settings)
    }

    #[test]
    fn defaults_follow_the_home_folder() {
        let (home, settings) = settings(&[], Overrides::default());
        let share = home.path().join(".local/share");
        assert_eq!(settings.origins.data_dirs, [share.join("opencode")]);
        assert_eq!(settings.ledger, share.join("octally/ledger.db"));
        assert_eq!(
            settings.config,
            home.path().join(".config/octally/config.toml")
        );
        assert_eq!(settings.idle_threshold_ms, 900_000);
        assert_eq!(settings.problems, []);
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("c.toml");
        std::fs::write(&config, "data_dirs = ['/file']\nledger = '/file/l.db'\n").unwrap();
        let vars = [("OPENCODE_DATA_DIR", "/env/a, /env/b,/env/a")];
        let mut overrides = Overrides {
            config: Some(config),
            ..Overrides::default()
        };
        let dirs = |o: &Overrides, vars: &[(&str, &str)]| {
            load_from(o, &Environment::for_test(home.path(), vars))
                .origins
                .data_dirs
        };
        assert_eq!(dirs(&overrides, &[]), [Path::new("/file")]);
        assert_eq!(
            dirs(&overrides, &vars),
            [Path::new("/env/a"), Path::new("/env/b")]
        );
        overrides.data_dirs = vec!["/flag".into()];
        assert_eq!(dirs(&overrides, &vars), [Path::new("/flag")]);
        let env = Environment::for_test(home.path(), &[("OCTALLY_LEDGER", "/env/l.db")]);
        assert_eq!(load_from(&overrides, &env).ledger, Path::new("/env/l.db"));
    }

    #[test]
    fn opencodes_own_folders_may_be_relative_and_ours_may_not() {
        let (home, settings) = settings(&[("XDG_DATA_HOME", "here")], Overrides::default());
        assert_eq!(settings.origins.data_dirs, [Path::new("here/opencode")]);
        assert_eq!(
            settings.ledger,
            home.path().join(".local/share/octally/ledger.db")
        );
    }

    #[test]
    fn opencode_db_is_a_path_a_name_or_in_memory() {
        let databases = |value: &str| {
            settings(
                &[("OPENCODE_DB", value), ("OPENCODE_DATA_DIR", "/d")],
                Overrides::default(),
            )
            .1
            .origins
            .databases
        };
        assert_eq!(databases("/x/y.db"), [Path::new("/x/y.db")]);
        assert_eq!(databases("mine.db"), [Path::new("/d/mine.db")]);
        assert_eq!(databases(":memory:"), Vec::<PathBuf>::new());
        assert_eq!(databases(""), Vec::<PathBuf>::new());
    }

    #[test]
    fn an_unknown_zone_is_a_problem_and_the_local_one_stands_in() {
        let overrides = Overrides {
            tz: Some("Europe/Berln".into()),
            ..Overrides::default()
        };
        let (_home, settings) = settings(&[("TZ", "UTC")], overrides);
        assert_eq!(settings.zone.name(), "UTC");
        assert!(
            settings.problems[0].remedy.contains("Europe/Berlin"),
            "{:?}",
            settings.problems
        );
    }
}
