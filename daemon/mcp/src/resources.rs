// SPDX-License-Identifier: GPL-3.0-or-later
//! The resources: their addresses, and what stands there.

use octally_core::sync::Depth;
use rmcp::model::{Resource, ResourceTemplate};
use serde::Serialize;
use serde_json::Value;

use crate::answer::{
    Kind, OverviewOf, SessionInput, names, overview, providers, session_cost, summary,
};
use crate::desk::{Books, Desk};
use crate::trouble::Trouble;

const SCHEME: &str = "octally://";
const JSON: &str = "application/json";
/// So many of each kind are listed.
const LISTED: usize = 20;

/// Each kind of resource that there are several of: the head of its address, the name of its variable
/// and what it holds.
const KINDS: [(&str, &str, Kind, &str); 4] = [
    (
        "sessions",
        "id",
        Kind::Session,
        "What a session and its sub-agents cost so far",
    ),
    (
        "providers",
        "provider",
        Kind::Provider,
        "What a provider's models used: in all, and day by day",
    ),
    (
        "models",
        "model",
        Kind::Model,
        "What a model used: in all, and day by day",
    ),
    (
        "projects",
        "project",
        Kind::Project,
        "What was used in a project: in all, and day by day",
    ),
];

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `octally://metrics/summary`
    Summary,
    /// `octally://providers`
    Providers,
    /// `octally://sessions/{id}`
    Session(String),
    /// `octally://providers/{provider}`, `models/{model}` or `projects/{project}`
    Overview(OverviewOf),
}

impl Address {
    /// Reads an address. A model may stand with its slash as it is.
    ///
    /// # Errors
    /// No such resource.
    pub fn parse(uri: &str) -> Result<Self, Trouble> {
        let known = ["octally://metrics/summary", "octally://providers"];
        let unknown = || Trouble::unknown("resource", uri, known);
        let path = uri.strip_prefix(SCHEME).ok_or_else(unknown)?;
        match path {
            "metrics/summary" => return Ok(Self::Summary),
            "providers" => return Ok(Self::Providers),
            _ => {}
        }
        let (head, rest) = path.split_once('/').ok_or_else(unknown)?;
        let name = decoded(rest)
            .filter(|name| !name.is_empty())
            .ok_or_else(unknown)?;
        Ok(match head {
            "sessions" => Self::Session(name),
            "providers" => Self::Overview(OverviewOf::Provider(name)),
            "models" => Self::Overview(OverviewOf::Model(name)),
            "projects" => Self::Overview(OverviewOf::Project(name)),
            _ => return Err(unknown()),
        })
    }
}

/// What stands at an address.
///
/// # Errors
/// There is nothing of that name, or the ledger cannot be used.
pub fn read(books: &mut Books, address: &Address) -> Result<Value, Trouble> {
    match address {
        Address::Summary => json(&summary(books)?),
        Address::Providers => json(&providers(books)?),
        Address::Overview(of) => json(&overview(books, of)?),
        Address::Session(id) => {
            let session_id = Some(id.clone());
            json(&session_cost(books, &SessionInput { session_id })?)
        }
    }
}

fn json(answer: &impl Serialize) -> Result<Value, Trouble> {
    serde_json::to_value(answer).map_err(|error| Trouble::Ledger(error.to_string()))
}

/// What stands at an address as text.
pub async fn text(desk: &Desk, address: Address) -> Result<String, Trouble> {
    desk.ask(move |books| read(books, &address).map(|value| value.to_string()))
        .await
}

/// The resources to choose from: the largest providers and models, the newest sessions and projects.
pub async fn list(desk: &Desk) -> Result<Vec<Resource>, Trouble> {
    desk.ask(listed).await
}

/// The same, on the ledger's own thread.
pub fn listed(books: &mut Books) -> Result<Vec<Resource>, Trouble> {
    books.read(Depth::Quick)?;
    let mut list = vec![
        Resource::new("octally://metrics/summary", "summary")
            .with_title("Usage at a glance")
            .with_description("Today, this week, this month, everything, and what runs now")
            .with_mime_type(JSON),
        Resource::new("octally://providers", "providers")
            .with_title("Providers")
            .with_description("What each provider's models used in all")
            .with_mime_type(JSON),
    ];
    for (head, _, kind, description) in KINDS {
        for name in some_names(books, kind)? {
            let title = title(books, kind, &name);
            let uri = format!("{SCHEME}{head}/{}", encoded(&name));
            let mut resource = Resource::new(uri, name)
                .with_description(description)
                .with_mime_type(JSON);
            resource.title = title;
            list.push(resource);
        }
    }
    Ok(list)
}

fn some_names(books: &mut Books, kind: Kind) -> Result<Vec<String>, Trouble> {
    match kind {
        Kind::Session => books.of(|meter| meter.session_ids("", LISTED)),
        _ => Ok(names(books, kind, "", LISTED)?.0),
    }
}

fn title(books: &Books, kind: Kind, id: &str) -> Option<String> {
    if kind != Kind::Session || !books.setup.include_titles {
        return None;
    }
    books.of(|meter| Ok(meter.title(id))).ok().flatten()
}

/// The addresses with a gap for a name.
pub fn templates() -> Vec<ResourceTemplate> {
    KINDS
        .iter()
        .map(|(head, variable, _, description)| {
            ResourceTemplate::new(format!("{SCHEME}{head}/{{{variable}}}"), *head)
                .with_description(*description)
                .with_mime_type(JSON)
        })
        .collect()
}

/// What goes into the gap of a template.
pub fn kind_of_template(uri: &str, variable: &str) -> Option<Kind> {
    KINDS
        .iter()
        .find(|(head, name, ..)| uri == format!("{SCHEME}{head}/{{{name}}}") && *name == variable)
        .map(|(_, _, kind, _)| *kind)
}

/// A name as one segment of an address: everything but RFC 3986's unreserved characters is escaped.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(byte.into());
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// The name that a segment stands for; `None` where it is escaped wrongly.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_an_address() {
        for name in ["anthropic/claude-sonnet-4-5", "Straße 7%", "a b", "../x"] {
            assert_eq!(decoded(&encoded(name)).as_deref(), Some(name));
        }
        assert_eq!(encoded("a/b"), "a%2Fb");
        assert_eq!(decoded("%2"), None);
        assert_eq!(decoded("%zz"), None);
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn a_model_may_stand_with_its_slash() {
        let model = Address::Overview(OverviewOf::Model("openai/gpt-5".into()));
        assert_eq!(
            Address::parse("octally://models/openai/gpt-5"),
            Ok(model.clone())
        );
        assert_eq!(Address::parse("octally://models/openai%2Fgpt-5"), Ok(model));
    }

    #[test]
    fn a_wrong_address_names_the_nearest() {
        let error = Address::parse("octally://metrics/sumary").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no resource is called octally://metrics/sumary; did you mean octally://metrics/summary?"
        );
        for uri in [
            "",
            "octally://",
            "octally://models/",
            "file:///etc/passwd",
            "octally://x/y",
        ] {
            assert!(Address::parse(uri).is_err(), "{uri}");
        }
    }
}
