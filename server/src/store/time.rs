//! Instants: milliseconds since 1970 (UTC) in the database, RFC 3339 in the API.

use jiff::Timestamp;

/// Now, in milliseconds.
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// RFC 3339, UTC, milliseconds: `2026-11-23T12:00:00.000Z`. Out of range is clamped to the representable times.
pub fn rfc3339(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX });
    format!("{at:.3}")
}

/// Milliseconds of an RFC 3339 instant; `None` when it isn't one.
pub fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A new id: a UUIDv7, so ids sort by the time that they were made at.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The smallest UUIDv7 of an instant: a bound for "made at or after", never an id itself.
pub fn id_floor(ms: i64) -> String {
    let ms = ms.clamp(0, (1 << 48) - 1);
    format!("{:08x}-{:04x}-7000-8000-000000000000", ms >> 16, ms & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_go_round() {
        assert_eq!(rfc3339(1_795_435_200_000), "2026-11-23T12:00:00.000Z");
        assert_eq!(parse("2026-11-23T09:00:00.000-03:00"), Some(1_795_435_200_000));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_floor_divides_ids_by_time() {
        let before = now();
        let id = new_id();
        assert!(id_floor(before) <= id, "{id}");
        assert!(id < id_floor(now() + 1), "{id}");
    }
}
