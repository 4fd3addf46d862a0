// SPDX-License-Identifier: GPL-3.0-or-later
//! Tables that fit: columns of less interest go, names are cut, and where even that is too wide each
//! row becomes a card. No figure is ever cut or broken.

use anstyle::Style;

use super::text::{columns_of, shortened};

/// Between two columns.
const GAP: usize = 2;
/// Names are cut to this before columns go, and further only when no more can go.
const COMFORTABLE: usize = 24;
/// The least that is left of a name.
const LEAST: usize = 12;

/// One column: its title, how it is aligned, and whether it may be cut or go.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    title: &'static str,
    is_right: bool,
    may_be_cut: bool,
    /// Narrow terminals lose the columns with the largest number first, all of them together; 0
    /// stays.
    expendable: u8,
}

/// A column of names, which may be cut.
pub const fn text(title: &'static str, expendable: u8) -> Column {
    Column {
        title,
        is_right: false,
        may_be_cut: true,
        expendable,
    }
}

/// A column of dates or other words that mean nothing when they are cut.
pub const fn fixed(title: &'static str, expendable: u8) -> Column {
    Column {
        may_be_cut: false,
        ..text(title, expendable)
    }
}

/// A column of figures.
pub const fn figure(title: &'static str, expendable: u8) -> Column {
    Column {
        is_right: true,
        ..fixed(title, expendable)
    }
}

/// Whether a table has a line of titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    Shown,
    Hidden,
}

impl Header {
    /// As `--no-header` says.
    pub fn unless(is_hidden: bool) -> Self {
        if is_hidden { Self::Hidden } else { Self::Shown }
    }
}

/// One line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    fields: Vec<String>,
    style: Style,
}

/// An ordinary row.
pub fn row<const N: usize>(fields: [String; N]) -> Row {
    Row {
        fields: fields.into(),
        style: Style::new(),
    }
}

impl Row {
    /// The same in bold.
    pub fn strong(self) -> Self {
        Self {
            style: Style::new().bold(),
            ..self
        }
    }

    /// The same in the background.
    pub fn dim(self) -> Self {
        Self {
            style: Style::new().dimmed(),
            ..self
        }
    }
}

/// Lays `rows` out under `columns`, into `width` columns of a terminal if it is given. Ends with a
/// newline; empty for no rows.
pub fn render(columns: &[Column], header: Header, rows: Vec<Row>, width: Option<u16>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let wanted = wanted_widths(columns, header, &rows);
    let room = width.map_or(usize::MAX, usize::from);
    match fit(columns, &wanted, room) {
        Some(widths) => lines(columns, header, &rows, &widths),
        None => cards(columns, header, &rows, room),
    }
}

fn wanted_widths(columns: &[Column], header: Header, rows: &[Row]) -> Vec<usize> {
    let of_column = |(place, column): (usize, &Column)| {
        let fields = rows.iter().filter_map(|row| row.fields.get(place));
        let widest = fields.map(|field| columns_of(field)).max().unwrap_or(0);
        let title = match header {
            Header::Shown => columns_of(column.title),
            Header::Hidden => 0,
        };
        widest.max(title)
    };
    columns.iter().enumerate().map(of_column).collect()
}

/// The width of each column, `None` for one that goes; `None` where nothing fits.
fn fit(columns: &[Column], wanted: &[usize], room: usize) -> Option<Vec<Option<usize>>> {
    let cut = |least: usize| -> Vec<usize> {
        let cut = |(column, width): (&Column, &usize)| {
            if column.may_be_cut {
                (*width).min(least)
            } else {
                *width
            }
        };
        columns.iter().zip(wanted).map(cut).collect()
    };
    let mut levels: Vec<u8> = columns.iter().map(|column| column.expendable).collect();
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels.dedup();
    // A column without title and fields is none.
    let is_there = |place: usize| wanted[place] > 0;
    // All columns, then without those of the largest number, and so on; at last with shorter names.
    let tries =
        std::iter::once(u8::MAX).chain(levels.into_iter().map(|level| level.saturating_sub(1)));
    let comfortable = tries.map(|kept| (kept, cut(COMFORTABLE)));
    for (kept, widths) in comfortable.chain([(0, cut(LEAST))]) {
        let mut widths: Vec<Option<usize>> = columns
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(place, (column, width))| {
                (column.expendable <= kept && is_there(place)).then_some(width)
            })
            .collect();
        if let Some(rest) = room.checked_sub(needed(&widths)) {
            widen(&mut widths, wanted, rest);
            return Some(widths);
        }
    }
    None
}

fn needed(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    let sum: usize = shown.clone().map(|width| width + GAP).sum();
    sum.saturating_sub(GAP)
}

/// Gives what is left to the names that were cut, from left to right.
fn widen(widths: &mut [Option<usize>], wanted: &[usize], mut rest: usize) {
    for (width, wanted) in widths.iter_mut().zip(wanted) {
        if let Some(width) = width {
            let more = (wanted - *width).min(rest);
            *width += more;
            rest -= more;
        }
    }
}

fn lines(columns: &[Column], header: Header, rows: &[Row], widths: &[Option<usize>]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    if header == Header::Shown {
        let titles: Vec<String> = columns.iter().map(|column| column.title.into()).collect();
        lay_out(&mut line, columns, &titles, widths);
        push(&mut text, Style::new().dimmed(), &line);
    }
    for row in rows {
        lay_out(&mut line, columns, &row.fields, widths);
        push(&mut text, row.style, &line);
    }
    text
}

fn push(text: &mut String, style: Style, line: &str) {
    if style.is_plain() {
        text.push_str(line);
        text.push('\n');
    } else {
        text.push_str(&format!("{style}{line}{style:#}\n"));
    }
}

/// Puts a row's line in place of what `line` was.
fn lay_out(line: &mut String, columns: &[Column], fields: &[String], widths: &[Option<usize>]) {
    line.clear();
    for ((column, field), width) in columns.iter().zip(fields).zip(widths) {
        let Some(width) = *width else { continue };
        if !line.is_empty() {
            blanks(line, GAP);
        }
        let taken = columns_of(field);
        if taken > width {
            let field = shortened(field, width);
            let rest = width - columns_of(&field).min(width);
            pad(line, column, &field, rest);
        } else {
            pad(line, column, field, width - taken);
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
}

fn pad(line: &mut String, column: &Column, field: &str, rest: usize) {
    if column.is_right {
        blanks(line, rest);
        line.push_str(field);
    } else {
        line.push_str(field);
        blanks(line, rest);
    }
}

fn blanks(line: &mut String, count: usize) {
    line.extend(std::iter::repeat_n(' ', count));
}

/// Each row as a block: its name, then one figure a line, with its title where both fit.
fn cards(columns: &[Column], header: Header, rows: &[Row], room: usize) -> String {
    let mut text = String::new();
    for row in rows {
        for (place, (column, field)) in columns.iter().zip(&row.fields).enumerate() {
            if column.expendable > 0 || field.is_empty() {
                continue;
            }
            let field = if column.may_be_cut {
                shortened(field, room)
            } else {
                field.clone()
            };
            let titled = format!(" {} {field}", column.title);
            let is_titled = place > 0 && header == Header::Shown && columns_of(&titled) <= room;
            push(
                &mut text,
                row.style,
                if is_titled { &titled } else { &field },
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [text("model", 0), figure("fresh", 0), figure("steps", 1)];

    fn table(width: Option<u16>) -> String {
        let rows = vec![
            row(["mock/test-model".into(), "12\u{202f}345".into(), "7".into()]),
            row(["total".into(), "1".into(), "7".into()]).strong(),
        ];
        anstream::adapter::strip_str(&render(&COLUMNS, Header::Shown, rows, width)).to_string()
    }

    #[test]
    fn figures_stand_right_and_lines_end_without_blanks() {
        assert_eq!(
            table(None),
            "model             fresh  steps\nmock/test-model  12\u{202f}345      7\ntotal                 1      7\n"
        );
    }

    #[test]
    fn a_narrow_terminal_loses_the_expendable_column() {
        assert_eq!(
            table(Some(24)),
            "model             fresh\nmock/test-model  12\u{202f}345\ntotal                 1\n"
        );
    }

    #[test]
    fn then_names_are_cut_and_figures_are_not() {
        assert_eq!(
            table(Some(20)),
            "model          fresh\nmock/test-m\u{2026}  12\u{202f}345\ntotal              1\n"
        );
    }

    #[test]
    fn then_rows_become_cards_and_no_figure_is_broken() {
        assert_eq!(
            table(Some(14)),
            "mock/test-mod\u{2026}\n fresh 12\u{202f}345\ntotal\n fresh 1\n"
        );
        assert_eq!(table(Some(7)), "mock/t\u{2026}\n12\u{202f}345\ntotal\n1\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let rows = vec![
            row(["\u{6f22}\u{5b57}".into(), "1".into(), "1".into()]),
            row(["abcd".into(), "22".into(), "1".into()]),
        ];
        let text = render(&COLUMNS, Header::Hidden, rows, None);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "\u{6f22}\u{5b57}   1  1\nabcd  22  1\n"
        );
    }

    #[test]
    fn no_rows_are_no_table() {
        assert_eq!(render(&COLUMNS, Header::Shown, Vec::new(), None), "");
    }
}
