//! Instants as expressions show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone of that IANA name, or of a fixed offset (`UTC+3`, `UTC-03:30`).
pub fn zone(name: &str) -> Option<TimeZone> {
    let upper = name.to_ascii_uppercase();
    if matches!(upper.as_str(), "UTC" | "GMT" | "Z") {
        return Some(TimeZone::UTC);
    }
    if let Some(offset) = upper.strip_prefix("UTC") {
        let (sign, rest) = match offset.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        return jiff::tz::Offset::from_seconds(sign * seconds).ok().map(TimeZone::fixed);
    }
    TimeZone::get(name).ok()
}

/// `2026-11-24T07:00:00.000-03:00`, with `Z` in UTC: what Luxon's `toISO()` gives.
pub fn iso(at: Timestamp, zone_name: &str) -> String {
    let zone = zone(zone_name).unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone.clone());
    let clock = local.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
    if zone == TimeZone::UTC { format!("{clock}Z") } else { format!("{clock}{}", local.strftime("%:z")) }
}

/// The start of that day in the zone.
pub fn start_of_day(at: Timestamp, zone_name: &str) -> Timestamp {
    let local = at.to_zoned(zone(zone_name).unwrap_or(TimeZone::UTC));
    local.start_of_day().map_or(at, |day| day.timestamp())
}
