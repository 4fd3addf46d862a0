// SPDX-License-Identifier: GPL-3.0-or-later
//! The file that the extension loads says what the daemon serves, member by member.

use std::collections::BTreeSet;

use zbus::fdo::IntrospectableProxy;

use super::{connect, run};
use crate::PATH;

const CONTRACT: &str = include_str!("../../../../data/io.github.octally.Octally.xml");

/// The start tags of introspection XML with their attributes: all that it is made of.
fn tags(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut rest = xml.to_owned();
    while let Some(start) = rest.find("<!--") {
        let end = start + rest[start..].find("-->").expect("an open comment") + 3;
        rest.replace_range(start..end, "");
    }
    rest.split('<')
        .skip(1)
        .filter(|tag| !tag.starts_with(['/', '!', '?']))
        .map(tag)
        .collect()
}

fn tag(text: &str) -> (String, Vec<(String, String)>) {
    let inside = text
        .split('>')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    let (name, mut rest) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    while let Some((key, value)) = rest.split_once("=\"") {
        let (value, after) = value.split_once('"').expect("an open attribute");
        attributes.push((key.trim().to_owned(), value.to_owned()));
        rest = after;
    }
    attributes.sort();
    (name.to_owned(), attributes)
}

/// One line per interface, member, argument and annotation, each under the one it belongs to.
fn members(xml: &str) -> BTreeSet<String> {
    let (mut interface, mut member, mut position) = (String::new(), String::new(), 0);
    let mut lines = BTreeSet::new();
    for (name, attributes) in tags(xml) {
        let label = |key| {
            attributes
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.clone())
        };
        match name.as_str() {
            "node" => continue,
            "interface" => {
                interface = label("name").unwrap();
                (member, position) = (String::new(), 0);
            }
            "method" | "signal" | "property" => {
                member = label("name").unwrap();
                position = 0;
            }
            _ => position += 1,
        }
        lines.insert(format!(
            "{interface} {member} {position} {name} {attributes:?}"
        ));
    }
    lines
        .into_iter()
        .filter(|line| line.starts_with("io.github.octally."))
        .collect()
}

#[test]
fn the_live_introspection_is_the_contract() {
    run(async {
        let line = connect().await;
        let introspectable = IntrospectableProxy::builder(&line.client)
            .destination("io.github.octally.Octally")
            .path(PATH)
            .build()
            .await
            .unwrap();
        let live = members(&introspectable.introspect().await.unwrap());
        let contract = members(CONTRACT);
        assert!(
            contract.len() > 20,
            "the contract was not understood: {contract:#?}"
        );
        let missing: Vec<_> = contract.difference(&live).collect();
        let extra: Vec<_> = live.difference(&contract).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "missing {missing:#?}, extra {extra:#?}"
        );
    });
}

#[test]
fn the_comparison_sees_a_changed_type() {
    let changed = CONTRACT.replace(
        "name=\"UpdatedMs\" type=\"x\"",
        "name=\"UpdatedMs\" type=\"t\"",
    );
    assert_ne!(members(CONTRACT), members(&changed));
}
