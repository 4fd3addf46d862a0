// SPDX-License-Identifier: GPL-3.0-or-later

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

/// A folder with a config.toml of this text.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn after(text: &str, names: &[&str]) -> String {
    let (_folder, path) = file(text);
    edit(&path, |document| {
        set(table(document, names)?, "a", 1);
        Ok(())
    })
    .unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn what(error: EditError) -> String {
    let EditError::File(problem) = error else {
        panic!("{error}")
    };
    problem.what
}

#[test]
fn comments_order_and_everything_else_stay() {
    let text = "# the manual\n\n#x = 1\nledger = '/l'  # mine\n\n[t] # two\n  a   =  0 # three\nb = 2\n\n# end\n";
    let expected = text.replace("a   =  0 #", "a   =  1 #");
    assert_eq!(after(text, &["t"]), expected);
}

#[test]
fn a_new_table_comes_last_and_behind_every_comment() {
    let example = include_str!("../../../../../data/config.toml");
    assert_eq!(after(example, &["t"]), format!("{example}\n[t]\na = 1\n"));
    assert_eq!(after("", &["t"]), "[t]\na = 1\n");
    assert_eq!(after("x = 1", &["t", "u"]), "x = 1\n\n[t.u]\na = 1\n");
    assert_eq!(after("# c", &["t", "u"]), "# c\n\n[t.u]\na = 1\n");
    let between = "[t.u]\nb = 1\n\n[v]\nc = 1\n# end\n";
    let expected = format!("{between}\n[t.w]\na = 1\n");
    assert_eq!(after(between, &["t", "w"]), expected);
}

#[test]
fn other_ways_to_write_tables_are_kept() {
    assert_eq!(
        after("t.u.b = 1 # c\n", &["t", "u"]),
        "t.u.b = 1 # c\nt.u.a = 1\n"
    );
    assert_eq!(after("t = { b = 1 }\n", &["t"]), "t = { b = 1 , a = 1 }\n");
    let windows = "# c\r\n[t]\r\na = 0 # c\r\n";
    assert_eq!(
        after(windows, &["t"]).parse::<DocumentMut>().unwrap()["t"]["a"].as_integer(),
        Some(1)
    );
}

#[test]
fn something_else_with_the_name_is_no_table() {
    let (_folder, path) = file("t = 1\n");
    let error = edit(&path, |document| table(document, &["t", "u"]).map(drop)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t is no table; correct t in the configuration file first"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "t = 1\n");
}

#[test]
fn a_broken_file_is_named_with_its_line_and_stays() {
    let (_folder, path) = file("x = 1\ny = [\n");
    let error = edit(&path, |_| panic!("nothing to change")).unwrap_err();
    let EditError::File(problem) = &error else {
        panic!("{error}")
    };
    assert_eq!(problem.code, "bad_config_syntax");
    assert!(problem.place.contains("config.toml:"), "{problem}");
    assert!(problem.remedy.contains("nothing is changed"), "{problem}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "x = 1\ny = [\n");
}

#[test]
fn the_file_is_its_owners_alone_and_its_folder_is_made() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a/octally/config.toml");
    let change = |document: &mut DocumentMut| {
        set(table(document, &["t"])?, "a", 1);
        Ok(())
    };
    edit(&path, change).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_changed() {
    let (folder, path) = file("");
    let link = folder.path().join("link.toml");
    symlink("config.toml", &link).unwrap();
    edit(&link, |document| table(document, &["t"]).map(drop)).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "[t]\n");
    let nowhere = folder.path().join("nowhere.toml");
    symlink("missing/config.toml", &nowhere).unwrap();
    let error = edit(&nowhere, |_| Ok(())).unwrap_err();
    assert!(what(error).starts_with("is a link that leads nowhere"));
}

#[test]
fn what_is_no_file_is_left_alone() {
    let error = edit(Path::new("/dev/null"), |_| panic!("nothing to change")).unwrap_err();
    assert_eq!(what(error), "is no file and cannot be changed");
}

#[test]
fn nothing_changed_is_nothing_written() {
    let (_folder, path) = file("x = 1");
    let before = path.metadata().unwrap().modified().unwrap();
    edit(&path, |_| Ok(())).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x = 1");
    assert_eq!(path.metadata().unwrap().modified().unwrap(), before);
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let (_folder, path) = file("# mine\n");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..10 {
                    let name = format!("w{writer}-{number}");
                    edit(path, |document| table(document, &["t", &name]).map(drop)).unwrap();
                }
            });
        }
    });
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with("# mine\n"));
    assert_eq!(text.matches("[t.w").count(), 40, "{text}");
}

#[test]
fn what_an_editor_saved_meanwhile_is_not_lost() {
    let (_folder, path) = file("x = 1\n");
    let mut calls = 0;
    edit(&path, |document| {
        calls += 1;
        if calls == 1 {
            std::fs::write(&path, "x = 2 # from the editor\n").unwrap();
        }
        table(document, &["t"]).map(drop)
    })
    .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        (calls, text.as_str()),
        (2, "x = 2 # from the editor\n\n[t]\n")
    );
}
