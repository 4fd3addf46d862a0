// SPDX-License-Identifier: GPL-3.0-or-later
//! Sentences that fit the terminal, beside and below the tables.

/// Breaks a text between its words into lines of at most `width` columns. A word that is longer, as a path
/// may be, has a line of its own and stays whole. Without a width there is one line.
pub fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let width = width.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_stay_whole() {
        let text = "of these /a/very/long/path is not read";
        let wanted = ["of these", "/a/very/long/path", "is not", "read"];
        assert_eq!(wrap(text, Some(9)), wanted);
        assert_eq!(wrap(text, None), [text]);
        assert_eq!(wrap("", Some(9)), [""]);
    }
}
