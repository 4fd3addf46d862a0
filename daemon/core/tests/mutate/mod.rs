// SPDX-License-Identifier: GPL-3.0-or-later
//! Damages bytes the same way for the same number.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "a fuzz target needs one way only"
)]

/// Xorshift: small, repeatable, good enough to damage files.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `end`; 0 where there is nothing below it.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end.max(1)
    }
}

/// Numbers and words that a reader may not expect where a number is.
const ODD: [&str; 14] = [
    "-1",
    "0.5",
    "1e308",
    "1e999",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551616",
    "-9223372036854775809",
    "NaN",
    "null",
    "\"7\"",
    "[]",
    "{}",
    "true",
];

/// Puts something odd in the place of a number.
pub fn odd_number(text: &[u8], random: &mut Random) -> Vec<u8> {
    let is_start = |at: &usize| text[*at].is_ascii_digit() && (*at == 0 || text[*at - 1] == b':');
    let starts: Vec<usize> = (0..text.len()).filter(is_start).collect();
    let Some(start) = starts.get(random.below(starts.len())) else {
        return text.to_vec();
    };
    let digits = text[*start..].iter().take_while(|b| b.is_ascii_digit());
    let end = start + digits.count();
    let odd = ODD[random.below(ODD.len())].as_bytes();
    [&text[..*start], odd, &text[end..]].concat()
}

/// Some bytes or ranges, more of them in a large file, are flipped, overwritten, repeated elsewhere or cut off.
pub fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6 + bytes.len() / 8_192) {
        if bytes.is_empty() {
            return;
        }
        let (at, length) = (random.below(bytes.len()), 1 + random.below(64));
        let end = (at + length).min(bytes.len());
        match random.below(16) {
            0..=6 => bytes[at] ^= 1 << random.below(8),
            7..=9 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            10 | 11 => bytes[at..end].fill_with(|| random.below(256) as u8),
            12 => bytes[at..end].fill(0),
            13 | 14 => {
                let to = random.below(bytes.len() - (end - at) + 1);
                bytes.copy_within(at..end, to);
            }
            _ => bytes.truncate(at),
        }
    }
}

/// Where a page of a database is damaged most tellingly: its header and the places of its cells, or a value
/// that is a number, which keeps its length.
pub fn damage_page(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let size = page_bytes(bytes);
        let start = random.below(bytes.len() / size + 1) * size;
        // The first page begins with the header of the file.
        let head = start + if start == 0 { 100 } else { 0 };
        match random.below(8) {
            0 | 1 => flip(bytes, head + random.below(12), random),
            2 => flip(bytes, head + 8 + random.below(size / 8), random),
            3 | 4 => flip(bytes, start + random.below(size), random),
            5 | 6 => odd_digits(bytes, start, random),
            _ => copy_page(bytes, start, size, random),
        }
    }
    if random.below(16) == 0 {
        damage(bytes, random);
    }
}

/// Bytes 16 and 17 of the header, where they can be right:
/// <https://www.sqlite.org/fileformat2.html#page_size>
fn page_bytes(bytes: &[u8]) -> usize {
    let said = bytes
        .get(16..18)
        .map_or(0, |pair| usize::from(pair[0]) << 8 | usize::from(pair[1]));
    if said.is_power_of_two() && said >= 512 {
        said
    } else {
        4_096
    }
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = match random.below(4) {
            0 => random.below(256) as u8,
            1 => byte.wrapping_add(1),
            _ => *byte ^ 1 << random.below(8),
        };
    }
}

/// The digits of a number after `start` get others or something odd, as long as they were.
fn odd_digits(bytes: &mut [u8], start: usize, random: &mut Random) {
    let Some(rest) = bytes.get_mut(start..) else {
        return;
    };
    let starts: Vec<usize> = (1..rest.len())
        .filter(|at| rest[*at].is_ascii_digit() && rest[*at - 1] == b':')
        .take(64)
        .collect();
    let Some(first) = starts.get(random.below(starts.len())) else {
        return;
    };
    let length = rest[*first..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let digits = &mut rest[*first..*first + length];
    match random.below(4) {
        0 => digits.fill(b'9'),
        1 => digits[0] = b'-',
        2 if length > 1 => digits[length - 1] = b'e',
        _ => digits.fill_with(|| b'0' + random.below(10) as u8),
    }
}

fn copy_page(bytes: &mut [u8], start: usize, size: usize, random: &mut Random) {
    let to = random.below(bytes.len() / size) * size;
    if start + size <= bytes.len() && to + size <= bytes.len() {
        bytes.copy_within(start..start + size, to);
    }
}
