// SPDX-License-Identifier: GPL-3.0-or-later
//! Figures as people read them: grouped, with their unit, and with what is unknown said so.

use octally_core::model::Zone;
use octally_core::wire::{CostRow, TokenRow, WrongCostRow};

/// Between groups of three digits: one column wide, and never broken at the end of a line.
pub const THIN_SPACE: char = '\u{202f}';
/// Where there is nothing to say.
pub const ABSENT: &str = "-";

/// `1234567` in groups of three.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(THIN_SPACE);
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 step`, `12 345 steps`: the plural is the singular and an s.
pub fn counted(n: u64, singular: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {singular}{plural}", count(n))
}

/// Cache reads as a share of the context.
pub fn cache_hit_rate(tokens: &TokenRow) -> String {
    let context = tokens
        .input
        .saturating_add(tokens.cache_read)
        .saturating_add(tokens.cache_write);
    if context == 0 {
        return ABSENT.into();
    }
    format!("{}%", percents(tokens.cache_read as f64 / context as f64))
}

/// Whole percents, rounded down, so that only all of it is 100. The product is not exact: 0.29 * 100.0 is less
/// than 29.
fn percents(share: f64) -> f64 {
    let near = (share * 100.0).floor();
    let reached = |percents: &f64| percents / 100.0 <= share;
    let found = [near + 1.0, near].into_iter().find(reached);
    found.unwrap_or(near - 1.0)
}

/// How many decimals all amounts of one table have, so that their points stand below each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    decimals: usize,
}

impl Money {
    /// Cents, unless the largest amount is below ten of them.
    pub fn for_column<'a>(costs: impl IntoIterator<Item = &'a CostRow>) -> Self {
        let of = |cost: &CostRow| cost.billed_usd.max(cost.estimated_usd.unwrap_or(0.0));
        Self::for_largest(costs.into_iter().map(of).fold(0.0, f64::max))
    }

    /// The same for a column whose largest amount is known, US dollars.
    pub fn for_largest(largest: f64) -> Self {
        Self {
            decimals: if largest > 0.0 && largest < 0.1 { 4 } else { 2 },
        }
    }

    /// `$1 234.50`; something that rounds to nothing is `<$0.01`.
    pub fn usd(self, usd: f64) -> String {
        let least = 0.1_f64.powi(i32::try_from(self.decimals).unwrap_or(2));
        if usd > 0.0 && usd < least / 2.0 {
            return format!("<${least:.*}", self.decimals);
        }
        let text = format!("{:.*}", self.decimals, usd.abs());
        let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
        let sign = if usd < 0.0 { "-" } else { "" };
        format!("{sign}${whole}.{cents}")
    }

    /// What OpenCode stored; absent where it stored only the 0 of what is estimated or unpriced.
    pub fn billed(self, cost: &CostRow) -> String {
        if cost.billed_usd == 0.0 && self.estimated(cost) != ABSENT {
            return ABSENT.into();
        }
        self.usd(cost.billed_usd)
    }

    /// `~$0.42`, always marked; `~$0.42+` where some steps have no price, `unpriced` where none has.
    pub fn estimated(self, cost: &CostRow) -> String {
        match (cost.estimated_usd, cost.unpriced_steps) {
            (None, 0) => ABSENT.into(),
            (None, _) => "unpriced".into(),
            (Some(0.0), 0) => ABSENT.into(),
            (Some(usd), 0) => format!("~{}", self.usd(usd)),
            (Some(usd), _) => format!("~{}+", self.usd(usd)),
        }
    }

    /// Both kinds in one field: the one that is there, or both with a plus between them.
    pub fn both(self, cost: &CostRow) -> String {
        let (billed, estimated) = (self.billed(cost), self.estimated(cost));
        match (billed == ABSENT, estimated == ABSENT) {
            (true, _) => estimated,
            (false, true) => billed,
            (false, false) => format!("{billed} + {estimated}"),
        }
    }
}

/// `2026-11-20 12:03` in the zone.
pub fn clock(at_ms: i64, zone: &Zone) -> String {
    at(at_ms, zone, "%Y-%m-%d %H:%M")
}

/// `12:03:59` in the zone.
pub fn time_of_day(at_ms: i64, zone: &Zone) -> String {
    at(at_ms, zone, "%H:%M:%S")
}

/// `2026-11-20` in the zone.
pub fn day(at_ms: i64, zone: &Zone) -> String {
    at(at_ms, zone, "%Y-%m-%d")
}

fn at(at_ms: i64, zone: &Zone, format: &str) -> String {
    let local = at_ms.saturating_add(zone.offset_ms(at_ms));
    chrono::DateTime::from_timestamp_millis(local)
        .map_or_else(|| ABSENT.into(), |at| at.format(format).to_string())
}

/// How long something took: `42 ms`, `1.3 s`, `42 s`, `3 min`, `1 h 20 min`, `2 d 3 h`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let two = |large: u64, unit: &str, small: u64, part: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {part}"),
    };
    match seconds {
        0 => format!("{ms} ms"),
        1..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// A share from 0 to 1: `12%`, `<1%`; rounded down, so that only all of it is `100%`.
pub fn share(share: f64) -> String {
    if share > 0.0 && share < 0.01 {
        return "<1%".into();
    }
    format!("{}%", percents(share))
}

/// The part of the billed cost that is known to be wrong, in a sentence; `None` where there is none.
pub fn wrong_cost(wrong: &WrongCostRow) -> Option<String> {
    let money = Money::for_largest(wrong.stored_usd.max(wrong.corrected_usd.unwrap_or(0.0)));
    let steps = match wrong.steps {
        0 => return None,
        1 => "1 step has".into(),
        steps => format!("{} steps have", count(steps)),
    };
    let corrected = match (wrong.corrected_usd, wrong.uncorrected_steps) {
        (None, _) => "correction unknown".into(),
        (Some(usd), 0) => format!("corrected ~{}", money.usd(usd)),
        (Some(usd), _) => format!("corrected ~{}+", money.usd(usd)),
    };
    let stored = money.usd(wrong.stored_usd);
    Some(format!(
        "{steps} a stored cost known to be wrong: stored {stored}, {corrected}"
    ))
}

/// A span of time in its largest unit: `3 min`.
pub fn span(ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A file's size: `1.5 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{n} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

/// Text from elsewhere without anything that would steer the terminal. Titles are written by models.
pub fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(billed_usd: f64, estimated_usd: Option<f64>, unpriced_steps: u64) -> CostRow {
        CostRow {
            billed_usd,
            estimated_usd,
            unpriced_steps,
        }
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn amounts_of_a_table_share_their_decimals() {
        let cents = Money::for_column(&[cost(12.0, None, 0), cost(0.003, None, 0)]);
        assert_eq!(cents.usd(1234.5), "$1\u{202f}234.50");
        assert_eq!(cents.usd(0.003), "<$0.01");
        assert_eq!(cents.usd(0.0), "$0.00");
        let fine = Money::for_column(&[cost(0.003_978, None, 0)]);
        assert_eq!(fine.usd(0.003_978), "$0.0040");
    }

    #[test]
    fn an_unknown_price_is_never_zero() {
        let money = Money { decimals: 2 };
        assert_eq!(money.estimated(&cost(0.0, None, 3)), "unpriced");
        assert_eq!(money.estimated(&cost(0.0, Some(0.5), 3)), "~$0.50+");
        assert_eq!(money.estimated(&cost(0.0, Some(0.5), 0)), "~$0.50");
        assert_eq!(money.estimated(&cost(0.0, Some(0.0), 0)), "-");
        assert_eq!(money.billed(&cost(0.0, None, 3)), "-");
        assert_eq!(money.billed(&cost(0.0, Some(0.0), 0)), "$0.00");
    }

    #[test]
    fn a_wrong_cost_is_told_with_its_correction_or_as_unknown() {
        let told = |steps, corrected_usd, uncorrected_steps| {
            wrong_cost(&WrongCostRow {
                steps,
                stored_usd: 1.5,
                corrected_usd,
                uncorrected_steps,
            })
            .unwrap_or_default()
        };
        let known = "a stored cost known to be wrong: stored $1.50,";
        assert_eq!(told(0, Some(0.0), 0), "");
        assert_eq!(
            told(1, Some(1.2), 0),
            format!("1 step has {known} corrected ~$1.20")
        );
        assert_eq!(
            told(3, Some(1.2), 1),
            format!("3 steps have {known} corrected ~$1.20+")
        );
        assert_eq!(
            told(3, None, 3),
            format!("3 steps have {known} correction unknown")
        );
    }

    #[test]
    fn a_share_of_whole_percents_is_not_rounded_below_them() {
        for percent in 1..=1_000_u32 {
            let of = f64::from(percent) / 100.0;
            assert_eq!(share(of), format!("{percent}%"));
            assert_eq!(
                share(of.next_down()),
                share((f64::from(percent) - 0.5) / 100.0)
            );
        }
        let rate = TokenRow {
            input: 71,
            cache_read: 29,
            ..TokenRow::default()
        };
        assert_eq!(cache_hit_rate(&rate), "29%");
    }

    #[test]
    fn a_hit_rate_is_rounded_down_and_absent_without_context() {
        let tokens = |input, cache_read| TokenRow {
            input,
            cache_read,
            ..TokenRow::default()
        };
        assert_eq!(cache_hit_rate(&tokens(1, 999)), "99%");
        assert_eq!(cache_hit_rate(&tokens(0, 1)), "100%");
        assert_eq!(cache_hit_rate(&tokens(0, 0)), "-");
    }

    #[test]
    fn a_title_cannot_steer_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
