// SPDX-License-Identifier: GPL-3.0-or-later
//! The process's environment as a value, so that tests need not change their own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Environment variables and the home folder.
#[derive(Clone, Debug)]
pub struct Environment {
    vars: HashMap<String, OsString>,
    home: PathBuf,
    root: PathBuf,
}

impl Environment {
    /// What this process was started with.
    pub fn of_process() -> Self {
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        // Asks the user database where $HOME is missing, as in some service managers.
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
        Self {
            vars,
            home: home.unwrap_or_else(|| "/".into()),
            root: "/".into(),
        }
    }

    /// Only `vars`, with `home` as the home folder and as the root of `/etc`.
    #[cfg(test)]
    pub fn for_test(home: &Path, vars: &[(&str, &str)]) -> Self {
        let vars = vars
            .iter()
            .map(|(name, value)| ((*name).into(), value.into()))
            .collect();
        Self {
            vars,
            home: home.into(),
            root: home.into(),
        }
    }

    /// The value of a variable; an empty one counts as unset, as XDG has it.
    pub fn get(&self, name: &str) -> Option<&OsString> {
        self.vars.get(name).filter(|value| !value.is_empty())
    }

    /// The same as text; `None` where it is not UTF-8. An empty one is kept.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.vars.get(name)?.to_str()
    }

    /// A variable that holds one path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// A variable that holds paths with commas between them.
    pub fn list(&self, name: &str) -> Vec<PathBuf> {
        let Some(text) = self.text(name) else {
            return self.path(name).into_iter().collect();
        };
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(PathBuf::from)
            .collect()
    }

    /// The user's home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A file of the system, as in `etc/machine-id`.
    pub fn system_file(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// `$XDG_DATA_HOME`, for our own files.
    pub fn data_home(&self) -> PathBuf {
        self.own_folder("XDG_DATA_HOME", ".local/share")
    }

    /// `$XDG_CONFIG_HOME`, for our own files.
    pub fn config_home(&self) -> PathBuf {
        self.own_folder("XDG_CONFIG_HOME", ".config")
    }

    /// `$XDG_STATE_HOME`, for our own files.
    pub fn state_home(&self) -> PathBuf {
        self.own_folder("XDG_STATE_HOME", ".local/state")
    }

    /// OpenCode's data folder.
    pub fn opencode_data_home(&self) -> PathBuf {
        self.opencode_folder("XDG_DATA_HOME", ".local/share")
    }

    /// OpenCode's cache folder.
    pub fn opencode_cache_home(&self) -> PathBuf {
        self.opencode_folder("XDG_CACHE_HOME", ".cache")
    }

    /// OpenCode's configuration folder.
    pub fn opencode_config_home(&self) -> PathBuf {
        self.opencode_folder("XDG_CONFIG_HOME", ".config")
    }

    /// The XDG base directory specification says to ignore relative values.
    fn own_folder(&self, variable: &str, default: &str) -> PathBuf {
        let set = self.path(variable).filter(|path| path.is_absolute());
        set.unwrap_or_else(|| self.home.join(default))
    }

    /// OpenCode takes its values as they are, relative ones below the current folder.
    fn opencode_folder(&self, variable: &str, default: &str) -> PathBuf {
        self.path(variable)
            .unwrap_or_else(|| self.home.join(default))
            .join("opencode")
    }
}
