// SPDX-License-Identifier: GPL-3.0-or-later
//! What is no file, leads elsewhere or cannot be opened.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;

use octally_core::source::opencode_json::{MessageDir, Tree};

use crate::data_dir::{DataDir, answer, codes, inputs};

#[test]
fn what_is_no_file_or_far_too_large_is_not_read() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    let in_folder = |name: &str| data.path("storage/message/ses_a").join(name);
    std::fs::create_dir(in_folder("msg_folder.json")).unwrap();
    symlink("msg_loop.json", in_folder("msg_loop.json")).unwrap();
    symlink("nowhere.json", in_folder("msg_dangling.json")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, in_folder("msg_pipe.json"), 0o600.into()).unwrap();
    let sparse = std::fs::File::create(in_folder("msg_sparse.json")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    let found = data.read();
    assert_eq!(inputs(&found), BTreeMap::from([("msg_ok", 10)]));
    let expected = [
        ("msg_folder", "no_file"),
        ("msg_loop", "no_access"),
        ("msg_pipe", "no_file"),
        ("msg_sparse", "too_large"),
    ];
    assert_eq!(codes(&found), BTreeMap::from(expected));
    let stamp = data.tree().stamp(&data.dir()).unwrap();
    assert_eq!(stamp, found.stamp, "they are not read again and again");
}

#[test]
fn symlinks_that_lead_back_end_the_search_not_the_program() {
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    symlink("ses_loop", data.path("storage/message/ses_loop")).unwrap();
    std::fs::create_dir(data.path("project")).unwrap();
    symlink(".", data.path("project/same")).unwrap();
    symlink("..", data.path("project/up")).unwrap();
    symlink("loop", data.path("project/loop")).unwrap();
    let listing = data.tree().message_dirs();
    let sessions: Vec<_> = listing.dirs.iter().map(|dir| &*dir.session_id).collect();
    assert_eq!(sessions, ["ses_a"]);
    let places: Vec<_> = listing
        .problems
        .iter()
        .map(|problem| problem.place.as_str())
        .collect();
    assert!(
        places.iter().any(|place| place.ends_with("ses_loop")),
        "{places:?}"
    );
    assert!(
        listing
            .problems
            .iter()
            .all(|problem| problem.code == "no_access")
    );
}

#[test]
fn a_folder_that_cannot_be_opened_is_a_problem_and_costs_no_other() {
    use std::os::unix::fs::PermissionsExt;
    let data = DataDir::new();
    data.message("msg_ok", &answer(10));
    data.write("storage/message/ses_b/msg_b.json", answer(20).to_string());
    let closed = data.path("storage/message/ses_b");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&closed).is_ok() {
        // Root may read everything: something that nobody can open takes its place.
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let (tree, dirs) = (data.tree(), data.tree().message_dirs().dirs);
        std::fs::remove_dir_all(&closed).unwrap();
        symlink("ses_b", &closed).unwrap();
        check_closed(&tree, &dirs, &closed);
    } else {
        check_closed(&data.tree(), &data.tree().message_dirs().dirs, &closed);
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

fn check_closed(tree: &Tree, dirs: &[MessageDir], closed: &Path) {
    let [a, b] = dirs else { panic!("{dirs:?}") };
    let problem = tree.read(b, None).unwrap_err();
    assert_eq!(problem.code, "no_access");
    assert_eq!(problem.place, closed.display().to_string());
    assert_eq!(
        inputs(&tree.read(a, None).unwrap()),
        BTreeMap::from([("msg_ok", 10)])
    );
}
