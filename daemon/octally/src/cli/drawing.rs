// SPDX-License-Identifier: GPL-3.0-or-later
//! Figures as blocks of characters. Whatever is drawn is also written beside it.

const EIGHTHS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];
const LYING: [&str; 8] = [
    "", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}",
];

/// A bar of up to `width` columns for a share from 0 to 1; never empty where there is anything.
pub fn bar(share: f64, width: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    format!("{}{}", "\u{2588}".repeat(eighths / 8), LYING[eighths % 8])
}

/// A curve of at most `width` columns: each the largest of the values that share it, the height from 0
/// to the largest of all. A value of 0 is a blank.
pub fn sparkline(values: &[u64], width: usize) -> String {
    let largest = values.iter().copied().max().unwrap_or(0);
    if largest == 0 || width == 0 {
        return String::new();
    }
    let columns = values.len().min(width);
    let column = |place: usize| {
        let (from, to) = (
            place * values.len() / columns,
            (place + 1) * values.len() / columns,
        );
        let value = values[from..to].iter().copied().max().unwrap_or(0);
        block(value, largest)
    };
    (0..columns).map(column).collect()
}

fn block(value: u64, largest: u64) -> char {
    if value == 0 {
        return ' ';
    }
    let height = (u128::from(value) * 8).div_ceil(u128::from(largest));
    EIGHTHS[(height as usize).clamp(1, 8) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_hides_something() {
        assert_eq!(bar(1.0, 4), "\u{2588}\u{2588}\u{2588}\u{2588}");
        assert_eq!(bar(0.5, 4), "\u{2588}\u{2588}");
        assert_eq!(bar(0.0001, 4), "\u{258f}");
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(f64::NAN, 4), "");
    }

    #[test]
    fn a_curve_keeps_its_peaks_when_it_is_squeezed() {
        assert_eq!(sparkline(&[1, 8, 0, 4], 10), "\u{2581}\u{2588} \u{2584}");
        assert_eq!(sparkline(&[1, 8, 0, 4], 2), "\u{2588}\u{2584}");
        assert_eq!(sparkline(&[0, 0], 2), "");
        assert_eq!(sparkline(&[u64::MAX, 1], 2), "\u{2588}\u{2581}");
    }
}
