// SPDX-License-Identifier: GPL-3.0-or-later
//! The doctor on what surrounds us: OpenCode's plugin, inotify, GNOME Shell's extension.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::inotify;
use rustix::io::Errno;

use super::check::{Check, Mark};
use crate::config::{Environment, Settings};

const EXTENSION: &str = "octally@octally.github.io";

/// Whether OpenCode will load the plugin. It reads both spellings of the folder.
pub fn plugin(environment: &Environment) -> Vec<Check> {
    let folder = environment.opencode_config_home();
    let places = ["plugin", "plugins"].map(|name| folder.join(name).join("octally.js"));
    let found: Vec<_> = places.iter().filter(|path| path.exists()).collect();
    vec![match found.as_slice() {
        [] => Check::note(
            "plugin",
            format!("{} does not exist", places[0].display()),
            "totals are right without it; run packaging/install.sh to see busy, waiting and idle",
        ),
        [one] => Check::ok("plugin", one.display().to_string()),
        [one, other, ..] => {
            let what = format!("both {} and {} exist", one.display(), other.display());
            Check::bad(Mark::Warning, "plugin", what, "remove one of them")
        }
    }]
}

/// Whether changes of the data can be noticed, tried on the real folders, those of message files
/// included.
pub fn inotify(settings: &Settings) -> Vec<Check> {
    let folders: Vec<_> = settings
        .origins
        .data_dirs
        .iter()
        .filter(|dir| dir.is_dir())
        .collect();
    let tried = inotify::init(inotify::CreateFlags::CLOEXEC).and_then(|watcher| {
        let add = |folder: &Path| {
            inotify::add_watch(&watcher, folder, inotify::WatchFlags::MODIFY).map(drop)
        };
        folders.iter().try_for_each(|folder| add(folder))?;
        let message_folders = settings.origins.message_folders();
        let mut existing = message_folders.iter().filter(|folder| folder.is_dir());
        Ok(existing.try_for_each(|folder| add(folder)).is_err())
    });
    let limit = |name: &str| {
        let path = Path::new("/proc/sys/fs/inotify").join(name);
        std::fs::read_to_string(path)
            .map_or_else(|_| "unknown".into(), |text| text.trim().to_owned())
    };
    let (watches, instances) = (limit("max_user_watches"), limit("max_user_instances"));
    let until_then = "until then the daemon looks every two seconds";
    vec![match tried {
        Ok(true) => {
            let what = format!("too few of the {watches} watches are left for the message files");
            let remedy = "raise fs.inotify.max_user_watches with sysctl; until then the daemon looks at \
                 some of them once a minute";
            Check::bad(Mark::Warning, "inotify", what, remedy)
        }
        Ok(false) => Check::ok(
            "inotify",
            format!("at most {watches} watches and {instances} instances"),
        ),
        Err(Errno::NOSPC) => {
            let remedy = format!("raise fs.inotify.max_user_watches with sysctl; {until_then}");
            Check::bad(
                Mark::Warning,
                "inotify",
                format!("none of the {watches} watches is left"),
                &remedy,
            )
        }
        Err(Errno::MFILE) => {
            let remedy = format!("raise fs.inotify.max_user_instances with sysctl; {until_then}");
            Check::bad(
                Mark::Warning,
                "inotify",
                format!("none of the {instances} instances is left"),
                &remedy,
            )
        }
        Err(error) => Check::bad(
            Mark::Warning,
            "inotify",
            format!("does not work: {error}"),
            until_then,
        ),
    }]
}

/// Whether GNOME Shell has the extension and has it switched on; silent without GNOME Shell.
pub fn extension(environment: &Environment) -> Vec<Check> {
    let place = Path::new("gnome-shell/extensions")
        .join(EXTENSION)
        .join("metadata.json");
    let folders = [
        environment.data_home(),
        "/usr/local/share".into(),
        "/usr/share".into(),
    ];
    let is_installed = folders.iter().any(|folder| folder.join(&place).exists());
    let enabled = output_of(
        "gsettings",
        &["get", "org.gnome.shell", "enabled-extensions"],
    );
    let is_enabled = enabled.as_ref().map(|list| list.contains(EXTENSION));
    match (is_installed, is_enabled) {
        (false, None) => Vec::new(),
        (false, Some(_)) => {
            vec![Check::note(
                "extension",
                "not installed",
                "run packaging/install.sh",
            )]
        }
        (true, Some(true)) if are_all_off() => {
            let what = format!("{EXTENSION} is enabled, but extensions are switched off");
            let remedy = "gsettings set org.gnome.shell disable-user-extensions false";
            vec![Check::bad(Mark::Warning, "extension", what, remedy)]
        }
        (true, Some(true)) => vec![Check::ok("extension", format!("{EXTENSION} is enabled"))],
        (true, _) => {
            let what = format!("{EXTENSION} is installed and not enabled");
            let remedy = format!("log in again, then: gnome-extensions enable {EXTENSION}");
            vec![Check::note("extension", what, &remedy)]
        }
    }
}

/// GNOME Shell's one switch for every extension.
fn are_all_off() -> bool {
    let switch = ["get", "org.gnome.shell", "disable-user-extensions"];
    output_of("gsettings", &switch).is_some_and(|text| text.trim() == "true")
}

/// What a program prints, if it is there and succeeds.
pub fn output_of<S: AsRef<OsStr>>(program: &str, args: &[S]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
