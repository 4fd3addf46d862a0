// SPDX-License-Identifier: GPL-3.0-or-later
//! The watches on a real file system.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;

fn origins(dir: &Path) -> Origins {
    Origins {
        data_dirs: vec![dir.into()],
        ..Origins::default()
    }
}

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}

async fn next(watch: &mut Watch) -> Change {
    tokio::time::timeout(Duration::from_secs(10), watch.changed())
        .await
        .expect("no change seen")
}

#[test]
fn a_write_is_seen_and_a_read_is_not() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(&origins(home.path()));
        fs::write(home.path().join("opencode.db-wal"), "1").unwrap();
        assert_eq!(next(&mut watch).await, Change::Data);

        // Events arrive in order: once that of this folder is here, those before it have been.
        let folder = home.path().join("project");
        fs::create_dir(&folder).unwrap();
        until_folders(&mut watch).await;
        fs::read(home.path().join("opencode.db-wal")).unwrap();
        fs::write(home.path().join("auth.json"), "{}").unwrap();
        fs::remove_dir(&folder).unwrap();
        assert_eq!(until_folders(&mut watch).await, filter::FOLDERS);
    });
}

/// What has been told when a folder is, nothing left out.
async fn until_folders(watch: &mut Watch) -> u8 {
    let mut flags = 0;
    while flags & filter::FOLDERS == 0 {
        watch.something_arrived().await;
        flags |= watch.mailbox.take();
    }
    flags
}

#[test]
fn a_folder_that_appears_step_by_step_is_found() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("share/opencode");
        let mut watch = Watch::new(&origins(&dir));
        fs::create_dir(home.path().join("share")).unwrap();
        assert_eq!(next(&mut watch).await, Change::Everything);
        fs::create_dir(&dir).unwrap();
        assert_eq!(next(&mut watch).await, Change::Everything);
        fs::write(dir.join("opencode.db"), "1").unwrap();
        assert_eq!(next(&mut watch).await, Change::Data);
    });
}

#[test]
fn a_folder_that_is_replaced_is_watched_anew() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("opencode");
        fs::create_dir(&dir).unwrap();
        let mut watch = Watch::new(&origins(&dir));
        fs::rename(&dir, home.path().join("old")).unwrap();
        assert_eq!(next(&mut watch).await, Change::Everything);
        fs::create_dir(&dir).unwrap();
        assert_eq!(next(&mut watch).await, Change::Everything);
        fs::write(dir.join("stats.json"), "{}").unwrap();
        assert_eq!(next(&mut watch).await, Change::Data);
    });
}

#[test]
fn the_stand_in_sees_a_write() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let mut poll = Poll::new(Arc::new(Filter::new(&origins(home.path()))));
        fs::write(home.path().join("opencode.db"), "1").unwrap();
        tokio::time::timeout(poll::PERIOD * 5, poll.changed())
            .await
            .expect("no change seen");
    });
}

#[test]
fn refusals_say_which_limit_to_raise() {
    let watches = problem(&notify::Error::new(ErrorKind::MaxFilesWatch).add_path("/x".into()));
    assert_eq!(watches.place, "/x");
    assert!(watches.remedy.contains("max_user_watches"));
    let instances = problem(&notify::Error::io(std::io::Error::from_raw_os_error(
        libc::EMFILE,
    )));
    assert!(instances.remedy.contains("max_user_instances"));
}
