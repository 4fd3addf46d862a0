// SPDX-License-Identifier: GPL-3.0-or-later
//! The answer of `Sessions1.Describe`: one session as dictionaries.

use octally_core::wire::{SessionLine, SessionStory, SubAgent, TurnUsage};

use crate::dictionary::{Dict, bare_usage, insert_text, model};

/// At most so many models are told.
const MODELS: usize = 20;

/// A session's story with the titles of everyone in it, which are the user's own words and go to
/// the user's own screen alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// What the ledger says.
    pub session: SessionStory,
    /// Its title.
    pub title: Option<String>,
    /// The titles of its sub-agents, in their order.
    pub sub_agent_titles: Vec<Option<String>>,
}

/// `line` is the session among the live ones, if it is there.
pub(crate) fn describe(story: &Story, line: Option<&SessionLine>) -> Dict {
    let session = &story.session.session;
    let models = session.inclusive.models.iter().take(MODELS).map(model);
    let sub_agents = session.sub_agents.iter().zip(&story.sub_agent_titles);
    let mut dict = Dict::from([
        ("id", session.id.clone().into()),
        ("usage", bare_usage(&session.own).into()),
        ("inclusive", bare_usage(&session.inclusive).into()),
        ("models", models.collect::<Vec<_>>().into()),
        (
            "sub_agents",
            sub_agents.map(sub_agent).collect::<Vec<_>>().into(),
        ),
        (
            "turns",
            story
                .session
                .turns
                .iter()
                .map(turn)
                .collect::<Vec<_>>()
                .into(),
        ),
    ]);
    insert_text(&mut dict, "title", story.title.as_deref());
    insert_text(&mut dict, "project", session.project.as_deref());
    insert_text(&mut dict, "agent", session.agent.as_deref());
    insert_text(&mut dict, "parent", session.parent.as_deref());
    insert_text(&mut dict, "model", story.session.model.as_deref());
    if let Some(line) = line {
        dict.insert("state", line.state.as_str().into());
        dict.insert("since_ms", line.since_ms.into());
    }
    dict
}

fn sub_agent((sub_agent, title): (&SubAgent, &Option<String>)) -> Dict {
    let mut dict = bare_usage(&sub_agent.usage);
    dict.insert("id", sub_agent.id.clone().into());
    insert_text(&mut dict, "agent", sub_agent.agent.as_deref());
    insert_text(&mut dict, "title", title.as_deref());
    dict
}

fn turn(turn: &TurnUsage) -> Dict {
    let mut dict = bare_usage(&turn.usage);
    dict.insert("started_ms", turn.started_ms.into());
    dict.insert("model", turn.model.clone().into());
    if let Some(ended_ms) = turn.ended_ms {
        dict.insert("ended_ms", ended_ms.into());
    }
    dict
}
