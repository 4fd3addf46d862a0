// SPDX-License-Identifier: GPL-3.0-or-later
//! `{today_cost}`: text with places for figures. Pure, and without a list of the places.

/// What a template is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The name between braces.
    Place(String),
}

/// A brace that nobody can make sense of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// `{` without its `}`; what stands behind it.
    Unclosed(String),
    /// `}` without its `{`.
    Unopened,
}

/// Takes a template apart. `{{` and `}}` are braces themselves.
///
/// # Errors
/// A brace without its partner.
pub fn parse(template: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let (brace, behind) = rest[at..].split_at(1);
        if behind.starts_with(brace) {
            text.push_str(brace);
            rest = &behind[1..];
            continue;
        }
        if brace == "}" {
            return Err(TemplateError::Unopened);
        }
        let Some((name, after)) = behind.split_once('}') else {
            return Err(TemplateError::Unclosed(behind.into()));
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Place(name.into()));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn place(name: &str) -> Piece {
        Piece::Place(name.into())
    }

    #[test]
    fn names_stand_between_braces_and_doubled_ones_are_braces() {
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(
            parse("a {b}{c} d"),
            Ok(vec![text("a "), place("b"), place("c"), text(" d")])
        );
        assert_eq!(parse("{{{a}}}"), Ok(vec![text("{"), place("a"), text("}")]));
        assert_eq!(
            parse("\u{1f916}{a}\u{20ac}"),
            Ok(vec![text("\u{1f916}"), place("a"), text("\u{20ac}")])
        );
    }

    #[test]
    fn a_brace_alone_is_an_error() {
        assert_eq!(parse("a {b"), Err(TemplateError::Unclosed("b".into())));
        assert_eq!(parse("a } b"), Err(TemplateError::Unopened));
    }
}
