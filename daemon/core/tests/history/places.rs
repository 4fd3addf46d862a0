// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the sessions of a history stand: below which other one, and in which project; and who answers in them.

use super::World;

impl World {
    /// Below one of the first sessions, itself included, or one that is still to come; the last number is for none.
    pub fn adopt(&mut self, session: usize, parent: usize) {
        let session = self.sessions[session].clone();
        let parent = (parent < 6).then(|| format!("ses_{parent}"));
        let sql = "UPDATE session SET parent_id = ? WHERE id = ?";
        self.execute(sql, &[&parent, &session]);
        self.opencode.bump(&session);
    }

    /// From one project to the other.
    pub fn move_away(&mut self, session: usize) {
        let session = self.sessions[session].clone();
        let sql = "INSERT OR IGNORE INTO project VALUES ('q', '/home/dev/q', NULL)";
        self.execute(sql, &[]);
        let sql = "UPDATE session SET project_id = iif(project_id = 'p', 'q', 'p') WHERE id = ?";
        self.execute(sql, &[&session]);
        self.opencode.bump(&session);
    }
}

/// An answer of one of some models, agents and ends. By its time: a copy has that of its original.
pub fn varied(answer: &str, created_ms: i64) -> String {
    let model = ["\"m\"", "\"n\"", "\"o\""][created_ms as usize % 3];
    let provider = ["\"p\"", "\"p\"", "\"q\""][created_ms as usize % 3];
    let agent = ["\"build\"", "\"plan\""][created_ms as usize % 2];
    let answer = answer
        .replace("\"modelID\":\"m\"", &format!("\"modelID\":{model}"))
        .replace(
            "\"providerID\":\"p\"",
            &format!("\"providerID\":{provider}"),
        )
        .replace("\"agent\":\"build\"", &format!("\"agent\":{agent}"));
    if created_ms % 5 == 0 {
        return answer.replace(
            "\"finish\":",
            "\"error\":{\"name\":\"MessageAbortedError\"},\"finish\":",
        );
    }
    answer
}
