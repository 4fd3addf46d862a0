// SPDX-License-Identifier: GPL-3.0-or-later
//! Tables that fit: columns of less interest go before anything wraps.

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets,
};

/// Between two columns.
const GAP: u16 = 2;

/// One column: its title, how it is aligned, and whether it may go.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    title: &'static str,
    alignment: CellAlignment,
    /// Narrow terminals lose the columns with the largest number first, all of them together; 0
    /// stays.
    expendable: u8,
}

/// A column of text.
pub const fn text(title: &'static str, expendable: u8) -> Column {
    Column {
        title,
        alignment: CellAlignment::Left,
        expendable,
    }
}

/// A column of figures.
pub const fn figure(title: &'static str, expendable: u8) -> Column {
    Column {
        title,
        alignment: CellAlignment::Right,
        expendable,
    }
}

/// Whether a table has a line of titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    Shown,
    Hidden,
}

/// Lays `rows` out under `columns`, into `width` columns of a terminal if it is given. Rows that are
/// `strong` are bold. Ends with a newline; empty for no rows.
pub fn render(columns: &[Column], header: Header, rows: Vec<Row>, width: Option<u16>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .enforce_styling()
        .style_text_only();
    if header == Header::Shown {
        table.set_header(
            columns
                .iter()
                .map(|c| Cell::new(c.title).add_attribute(Attribute::Dim)),
        );
    }
    for row in rows {
        table.add_row(row.cells());
    }
    for (column, made) in columns.iter().zip(table.column_iter_mut()) {
        made.set_padding((0, GAP));
        made.set_cell_alignment(column.alignment);
    }
    if let Some(width) = width {
        fit(&mut table, columns, width);
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// One line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    fields: Vec<String>,
    is_strong: bool,
}

/// An ordinary row.
pub fn row<const N: usize>(fields: [String; N]) -> Row {
    Row {
        fields: fields.into(),
        is_strong: false,
    }
}

impl Row {
    /// The same in bold.
    pub fn strong(self) -> Self {
        Self {
            is_strong: true,
            ..self
        }
    }

    fn cells(self) -> Vec<Cell> {
        let style = |cell: Cell| {
            if self.is_strong {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        };
        self.fields
            .iter()
            .map(|field| style(Cell::new(field)))
            .collect()
    }
}

fn fit(table: &mut Table, columns: &[Column], width: u16) {
    let widths = table.column_max_content_widths();
    let mut needed: u32 = widths.iter().map(|w| u32::from(w + GAP)).sum();
    let mut levels: Vec<u8> = columns.iter().map(|column| column.expendable).collect();
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels.dedup();
    for level in levels.into_iter().filter(|level| *level > 0) {
        // The gap behind the last column is cut off.
        if needed <= u32::from(width + GAP) {
            break;
        }
        for index in (0..columns.len()).filter(|index| columns[*index].expendable == level) {
            needed -= u32::from(widths[index] + GAP);
            if let Some(column) = table.column_mut(index) {
                column.set_constraint(ColumnConstraint::Hidden);
            }
        }
    }
    if needed > u32::from(width + GAP) {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width + GAP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [text("model", 0), figure("fresh", 0), figure("steps", 1)];

    fn table(width: Option<u16>) -> String {
        let rows = vec![
            row(["mock/test-model".into(), "12 345".into(), "7".into()]),
            row(["total".into(), "1".into(), "7".into()]).strong(),
        ];
        anstream::adapter::strip_str(&render(&COLUMNS, Header::Shown, rows, width)).to_string()
    }

    #[test]
    fn figures_stand_right_and_lines_end_without_blanks() {
        assert_eq!(
            table(None),
            "model             fresh  steps\nmock/test-model  12 345      7\ntotal                 1      7\n"
        );
    }

    #[test]
    fn a_narrow_terminal_loses_the_expendable_column() {
        assert_eq!(
            table(Some(24)),
            "model             fresh\nmock/test-model  12 345\ntotal                 1\n"
        );
        for line in table(Some(14)).lines() {
            assert!(line.chars().count() <= 14, "{line}");
        }
    }

    #[test]
    fn no_rows_are_no_table() {
        assert_eq!(render(&COLUMNS, Header::Shown, Vec::new(), None), "");
    }
}
