// SPDX-License-Identifier: GPL-3.0-or-later
//! OpenCode 1.0, which keeps one JSON file per message and rewrites it in its place.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::world::{World, now_ms, run};

/// What OpenCode 1.0 writes below its data folder.
pub struct Files {
    storage: PathBuf,
}

impl Files {
    /// Makes the folders, with one project.
    pub fn start(dir: &Path) -> Self {
        let storage = dir.join("storage");
        for folder in ["project", "session/p", "message", "part"] {
            std::fs::create_dir_all(storage.join(folder)).unwrap();
        }
        let project = r#"{"id":"p","worktree":"/home/dev/project","time":{"created":1}}"#;
        std::fs::write(storage.join("project/p.json"), project).unwrap();
        Self { storage }
    }

    /// Begins a session: its file first, the folder of its messages with the first one.
    pub fn session(&self, id: &str) {
        let at_ms = now_ms();
        let session = format!(
            r#"{{"id":"{id}","projectID":"p","directory":"/home/dev/project","title":"a secret title",
            "version":"1.0.0","time":{{"created":{at_ms},"updated":{at_ms}}}}}"#
        );
        let path = self.storage.join(format!("session/p/{id}.json"));
        std::fs::write(path, session).unwrap();
        self.write(
            id,
            &format!("{id}_user"),
            r#"{"role":"user","time":{"created":1}}"#,
        );
    }

    fn path(&self, session: &str, id: &str) -> PathBuf {
        self.storage.join(format!("message/{session}/{id}.json"))
    }

    fn write(&self, session: &str, id: &str, text: &str) {
        let path = self.path(session, id);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Makes the folder of a session an hour old: folders that are made at once may have one time.
    pub fn age(&self, session: &str) {
        let folder = std::fs::File::open(self.storage.join("message").join(session)).unwrap();
        let hour = Duration::from_secs(3_600);
        folder.set_modified(SystemTime::now() - hour).unwrap();
    }

    /// A call from its beginning to its end, each time the whole file: open, with tokens, completed.
    pub fn step(&self, session: &str, id: &str) {
        for text in self.life(session, id) {
            self.write(session, id, &text);
        }
    }

    fn life(&self, session: &str, id: &str) -> [String; 3] {
        let at_ms = now_ms();
        [
            ("0", "0", String::new()),
            ("100", r#""finish":"stop","cost":0.5"#, String::new()),
            ("100", r#""finish":"stop","cost":0.5"#, format!(r#","completed":{at_ms}"#)),
        ]
        .map(|(input, end, completed)| {
            let end = if end == "0" { r#""cost":0"# } else { end };
            let output = if input == "0" { 0 } else { 20 };
            format!(
                r#"{{"id":"{id}","sessionID":"{session}","role":"assistant","parentID":"{session}_user",
                "mode":"build","agent":"build",{end},"tokens":{{"input":{input},"output":{output},
                "reasoning":0,"cache":{{"read":0,"write":0}}}},"modelID":"test-model",
                "providerID":"mock","time":{{"created":{at_ms}{completed}}}}}"#
            )
        })
    }
}

#[test]
fn a_step_in_a_message_file_reaches_the_bus() {
    let Some(world) = World::new() else { return };
    let files = Files::start(&world.data());
    files.session("ses_1");
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        files.step("ses_1", "msg_1");
        listener.wait_for_steps("Total", 1).await;
        files.step("ses_1", "msg_2");
        listener.wait_for_steps("Total", 2).await;
        let total = listener.dict("Total").await;
        assert_eq!(u64::try_from(&*total["fresh"]).unwrap(), 240);
        assert_eq!(f64::try_from(&*total["cost_billed_usd"]).unwrap(), 1.0);
        assert!(!world.log().contains("secret"), "a title was logged");
    });
}

#[test]
fn a_new_session_and_a_first_one_are_seen() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let files = Files::start(&world.data());
        for (steps, session) in ["ses_1", "ses_2", "ses_3"].into_iter().enumerate() {
            files.session(session);
            files.step(session, &format!("msg_{session}"));
            listener.wait_for_steps("Total", steps as u64 + 1).await;
        }
    });
}

#[test]
fn a_file_that_is_torn_for_a_while_is_read_when_it_is_whole() {
    let Some(world) = World::new() else { return };
    let files = Files::start(&world.data());
    files.session("ses_1");
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        files.step("ses_1", "msg_1");
        listener.wait_for_steps("Total", 1).await;
        let [_, _, whole] = files.life("ses_1", "msg_2");
        let (first, second) = whole.split_at(whole.len() / 2);
        let mut file = std::fs::File::create(files.path("ses_1", "msg_2")).unwrap();
        file.write_all(first.as_bytes()).unwrap();
        // What is there when it is asked has been read when it answers: one half.
        listener.refresh().await;
        file.write_all(second.as_bytes()).unwrap();
        listener.wait_for_steps("Total", 2).await;
        assert_eq!(listener.freshness().await, "fresh");
    });
}

/// 0.5 has its own folders for each project.
#[test]
fn a_project_of_0_5_that_appears_is_seen_and_then_watched() {
    let Some(world) = World::new() else { return };
    run(async {
        let mut listener = world.listener().await;
        let _daemon = world.start(&mut listener).await;
        let session = world.data().join("project/slug/storage/session");
        let answer = |input: u64| {
            let at_ms = now_ms();
            format!(
                r#"{{"role":"assistant","mode":"build","cost":0.5,"tokens":{{"input":{input},
                "output":0,"reasoning":0,"cache":{{"read":0,"write":0}}}},"modelID":"test-model",
                "providerID":"mock","time":{{"created":{at_ms},"completed":{at_ms}}}}}"#
            )
        };
        let messages = session.join("message/ses_1");
        std::fs::create_dir_all(session.join("info")).unwrap();
        std::fs::create_dir_all(&messages).unwrap();
        for steps in 1..=3 {
            let path = messages.join(format!("msg_{steps}.json"));
            std::fs::write(path, answer(100)).unwrap();
            listener.wait_for_steps("Total", steps).await;
        }
    });
}

/// In a long history only the latest sessions are watched; one that goes on becomes one of them.
#[test]
fn a_long_history_takes_few_watches() {
    let Some(world) = World::new() else { return };
    let files = Files::start(&world.data());
    for number in 0..500 {
        let session = format!("ses_{number}");
        files.write(
            &session,
            "msg_user",
            r#"{"role":"user","time":{"created":1}}"#,
        );
        files.age(&session);
    }
    files.session("ses_new");
    run(async {
        let mut listener = world.listener().await;
        let daemon = world.start(&mut listener).await;
        files.step("ses_new", "msg_1");
        listener.wait_for_steps("Total", 1).await;
        let watches = watches(daemon.pid());
        assert!(
            (2..100).contains(&watches),
            "{watches} watches\n{}",
            world.log()
        );
    });
}

/// How many inotify watches a process holds.
fn watches(pid: u32) -> usize {
    let infos = std::fs::read_dir(format!("/proc/{pid}/fdinfo")).unwrap();
    let of_file = |text: String| {
        text.lines()
            .filter(|line| line.starts_with("inotify"))
            .count()
    };
    infos
        .filter_map(|info| std::fs::read_to_string(info.ok()?.path()).ok())
        .map(of_file)
        .sum()
}
