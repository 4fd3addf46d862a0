// SPDX-License-Identifier: GPL-3.0-or-later
//! Words on a terminal: how wide they are, cut to a width, or wrapped into one.

use unicode_width::UnicodeWidthStr;

use super::figures::THIN_SPACE;

/// Columns of a terminal that a text takes; escape sequences take none.
pub fn columns_of(text: &str) -> usize {
    // Nearly every field of a table: its width need not be looked up.
    let is_narrow = |c: char| matches!(c, ' '..='~') || c == THIN_SPACE;
    if text.chars().all(is_narrow) {
        return text.chars().count();
    }
    if text.contains('\u{1b}') {
        return anstream::adapter::strip_str(text).to_string().width();
    }
    text.width()
}

/// The text, or as much of it as fits with an ellipsis behind it.
pub fn shortened(text: &str, width: usize) -> String {
    if columns_of(text) <= width {
        return text.into();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if columns_of(&short) >= width {
            short.pop();
            break;
        }
    }
    short.truncate(short.trim_end().len());
    if width > 0 {
        short.push('\u{2026}');
    }
    short
}

/// The lines of a text with a line break in place of a blank wherever one would be too long. Words are
/// not broken; neither are figures, whose groups are joined by a space that is no blank.
pub fn wrapped(text: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else {
        return text.into();
    };
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    if columns_of(line) <= width {
        return line.into();
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    // Lines below the first stand as far in as it does, where that leaves room for words.
    let indent = if indent * 4 < width { indent } else { 0 };
    let mut wrapped = " ".repeat(indent);
    let mut length = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let columns = columns_of(word);
        if length > 0 && indent + length + 1 + columns > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            length = 0;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += columns;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_is_no_wider_than_asked_for() {
        assert_eq!(shortened("title", 5), "title");
        assert_eq!(shortened("a long title", 7), "a long\u{2026}");
        assert_eq!(
            shortened("\u{6f22}\u{5b57}\u{6f22}\u{5b57}", 4),
            "\u{6f22}\u{2026}"
        );
        for width in 0..6 {
            assert!(columns_of(&shortened("\u{6f22}a\u{5b57}bcdef", width)) <= width);
        }
    }

    #[test]
    fn lines_break_between_words_alone() {
        let text = "busy  OpenCode has used 12\u{202f}345 tokens\n  and rests";
        assert_eq!(
            wrapped(text, Some(20)),
            "busy OpenCode has\nused 12\u{202f}345 tokens\n  and rests"
        );
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped("  one two three", Some(10)), "  one two\n  three");
    }
}
