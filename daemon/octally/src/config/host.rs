// SPDX-License-Identifier: GPL-3.0-or-later
//! Which machine this is: a stable id that says nothing about it, and a label for people.
//!
//! The id is part of every step's identity, so it must never change by itself. It is derived from
//! `/etc/machine-id`, which its manual page says not to show to others but to hash with a salt of
//! the application (`man 5 machine-id`); where there is none, it is drawn once and kept.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use octally_core::meter::Host;
use octally_core::model::{Problem, Severity};
use sha2::{Digest, Sha256};

use super::Environment;

const SALT: &str = "io.github.octally.Octally host id";

/// This machine. Where no id can be kept, the host's name stands in, and a problem says so.
pub fn load(env: &Environment, problems: &mut Vec<Problem>) -> Host {
    let label = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let id = from_machine_id(env).unwrap_or_else(|| {
        let path = env.state_home().join("octally/host-id");
        kept(&path).unwrap_or_else(|error| {
            problems.push(unkept(&path, &error));
            derived(&label)
        })
    });
    Host { id, label }
}

fn from_machine_id(env: &Environment) -> Option<String> {
    let text = std::fs::read_to_string(env.system_file("etc/machine-id")).ok()?;
    let id = text.trim();
    // "uninitialized" stands there during the first boot of an image.
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| derived(id))
}

/// 128 bits as 32 hexadecimal digits.
fn derived(secret: &str) -> String {
    let hash = Sha256::new()
        .chain_update(SALT)
        .chain_update([0])
        .chain_update(secret)
        .finalize();
    hex(&hash[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn kept(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() == 32 => Ok(text.trim().into()),
        Ok(_) => Err(std::io::Error::new(
            ErrorKind::InvalidData,
            "it holds no id of 32 digits",
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => draw(path),
        Err(error) => Err(error),
    }
}

/// Two processes may draw at once: the link decides, and the loser takes the winner's.
fn draw(path: &Path) -> std::io::Result<String> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut random = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let id = hex(&random);
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(id.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(id),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => kept(path),
        Err(error) => Err(error),
    }
}

fn unkept(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Severity::Warning,
        "host_id_not_kept",
        format!("this machine's id cannot be kept: {error}; its name stands in"),
        path.display().to_string(),
        "make the folder writable, or remove a damaged file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_id_follows_the_machine_id_without_showing_it() {
        let root = tempfile::tempdir().unwrap();
        let machine_id = "0123456789abcdef0123456789abcdef";
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(
            root.path().join("etc/machine-id"),
            format!("{machine_id}\n"),
        )
        .unwrap();
        let env = Environment::for_test(root.path(), &[]);
        let (one, two) = (load(&env, &mut Vec::new()), load(&env, &mut Vec::new()));
        assert_eq!(one, two);
        // Fixed for ever: a change would make every step of a ledger another host's.
        assert_eq!(one.id, "e6eeeba2d634d05ee257fc9cd3033376");
    }

    #[test]
    fn without_a_machine_id_one_is_drawn_and_kept_for_the_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let env = Environment::for_test(root.path(), &[]);
        let one = load(&env, &mut Vec::new());
        assert_eq!(load(&env, &mut Vec::new()).id, one.id);
        let file = root.path().join(".local/state/octally/host-id");
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let folder = file.parent().unwrap();
        assert_eq!(
            std::fs::metadata(folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    }

    #[test]
    fn an_id_that_cannot_be_kept_is_a_problem_and_still_stable() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(".local")).unwrap();
        std::fs::write(root.path().join(".local/state"), "in the way").unwrap();
        let env = Environment::for_test(root.path(), &[]);
        let mut problems = Vec::new();
        let id = load(&env, &mut problems).id;
        assert_eq!(problems[0].code, "host_id_not_kept");
        assert_eq!(load(&env, &mut problems).id, id);
    }
}
