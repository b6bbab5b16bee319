use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn spec(value: serde_json::Value) -> Spec {
    serde_json::from_value(value).unwrap()
}

/// The next ticks after a wall clock time in `zone`, as wall clock times with their offset.
fn check(value: serde_json::Value, zone: &str, after: &str, expected: &[&str]) {
    let due = spec(value.clone()).due(zone).unwrap();
    let mut at = after.parse::<jiff::civil::DateTime>().unwrap().in_tz(zone).unwrap().timestamp();
    let mut got = Vec::new();
    for _ in expected {
        at = due.next_after(at).unwrap();
        got.push(at.to_zoned(TimeZone::get(zone).unwrap()).strftime("%a %F %T %:z").to_string());
    }
    assert_eq!(got, expected, "{value} after {after} {zone}");
}

#[test]
fn intervals() {
    check(json!({"every": 15, "unit": "seconds"}), "UTC", "2026-11-24T10:00:03", &["Tue 2026-11-24 10:00:15 +00:00"]);
    check(
        json!({"every": 20, "unit": "minutes"}),
        "Asia/Kathmandu",
        "2026-11-24T10:00:00",
        &["Tue 2026-11-24 10:20:00 +05:45", "Tue 2026-11-24 10:40:00 +05:45"],
    );
    check(
        json!({"every": 6, "unit": "hours"}),
        "America/Sao_Paulo",
        "2026-11-24T10:00:00",
        &["Tue 2026-11-24 12:00:00 -03:00", "Tue 2026-11-24 18:00:00 -03:00"],
    );
    check(
        json!({"unit": "days", "at": "07:30"}),
        "America/Sao_Paulo",
        "2026-11-24T07:30:00",
        &["Wed 2026-11-25 07:30:00 -03:00", "Thu 2026-11-26 07:30:00 -03:00"],
    );
    check(
        json!({"unit": "weeks", "every": 2, "weekday": "friday", "at": "18:00"}),
        "UTC",
        "2026-11-24T00:00:00",
        &["Fri 2026-11-27 18:00:00 +00:00", "Fri 2026-12-11 18:00:00 +00:00"],
    );
    check(
        json!({"unit": "months", "day": 31, "at": "00:00"}),
        "UTC",
        "2027-01-30T00:00:00",
        &["Sun 2027-01-31 00:00:00 +00:00", "Sun 2027-02-28 00:00:00 +00:00", "Wed 2027-03-31 00:00:00 +00:00"],
    );
    check(
        json!({"unit": "months", "every": 3, "day": 1, "at": "09:00"}),
        "UTC",
        "2026-11-24T00:00:00",
        &["Fri 2027-01-01 09:00:00 +00:00", "Thu 2027-04-01 09:00:00 +00:00"],
    );
}

#[test]
fn cron_expressions() {
    let cron = |text: &str| json!({"mode": "cron", "cron": text});
    check(cron("0 7 * * MON-FRI"), "America/Sao_Paulo", "2026-11-27T08:00:00", &["Mon 2026-11-30 07:00:00 -03:00"]);
    check(cron("*/10 * * * * *"), "UTC", "2026-11-27T08:00:00", &["Fri 2026-11-27 08:00:10 +00:00"]);
    check(cron("0 12 L * *"), "UTC", "2027-02-01T00:00:00", &["Sun 2027-02-28 12:00:00 +00:00"]);
}

/// Berlin goes from 02:00 to 03:00 on 29 March 2026 and from 03:00 back to 02:00 on 25 October 2026.
#[test]
fn changes_of_the_clocks() {
    let daily = json!({"unit": "days", "at": "02:30"});
    check(
        daily.clone(),
        "Europe/Berlin",
        "2026-03-28T12:00:00",
        &["Sun 2026-03-29 03:30:00 +02:00", "Mon 2026-03-30 02:30:00 +02:00"],
    );
    check(
        daily,
        "Europe/Berlin",
        "2026-10-24T12:00:00",
        &["Sun 2026-10-25 02:30:00 +02:00", "Mon 2026-10-26 02:30:00 +01:00"],
    );
    check(
        json!({"mode": "cron", "cron": "30 2 * * *"}),
        "Europe/Berlin",
        "2026-03-28T12:00:00",
        &["Sun 2026-03-29 03:00:00 +02:00", "Mon 2026-03-30 02:30:00 +02:00"],
    );
    check(
        json!({"mode": "cron", "cron": "30 2 * * *"}),
        "Europe/Berlin",
        "2026-10-24T12:00:00",
        &["Sun 2026-10-25 02:30:00 +02:00", "Mon 2026-10-26 02:30:00 +01:00"],
    );
    check(
        json!({"every": 30, "unit": "minutes"}),
        "Europe/Berlin",
        "2026-10-25T01:30:00",
        &[
            "Sun 2026-10-25 02:00:00 +02:00",
            "Sun 2026-10-25 02:30:00 +02:00",
            "Sun 2026-10-25 02:00:00 +01:00",
            "Sun 2026-10-25 02:30:00 +01:00",
            "Sun 2026-10-25 03:00:00 +01:00",
        ],
    );
    check(
        json!({"every": 6, "unit": "hours"}),
        "Europe/Berlin",
        "2026-03-28T20:00:00",
        &["Sun 2026-03-29 00:00:00 +01:00", "Sun 2026-03-29 06:00:00 +02:00"],
    );
    // Midnight does not exist in Beirut on 29 March 2026.
    check(
        json!({"unit": "days", "at": "00:00"}),
        "Asia/Beirut",
        "2026-03-28T12:00:00",
        &["Sun 2026-03-29 01:00:00 +03:00", "Mon 2026-03-30 00:00:00 +03:00"],
    );
}

#[test]
fn what_is_wrong() {
    let check = |value: serde_json::Value, pointer: &str, words: &str| {
        let error = spec(value).due("UTC").unwrap_err();
        assert_eq!(error.pointer, pointer);
        assert!(error.message.en.contains(words), "{}", error.message.en);
        assert!(!error.message.pt.is_empty() && error.message.pt != error.message.en);
    };
    check(json!({"mode": "cron", "cron": "61 * * * *"}), "/cron", "'61' is no minute");
    check(json!({"mode": "cron", "cron": "0 7 * * MOON"}), "/cron", "'MOON' is no weekday");
    check(json!({"mode": "cron", "cron": "0 7 *"}), "/cron", "it has 3 fields");
    check(json!({"mode": "cron", "cron": "0 7 * * * * 2027"}), "/cron", "it has 7 fields");
    check(json!({"mode": "cron", "cron": ""}), "/cron", "it has 0 fields");
    check(json!({"mode": "cron", "cron": "0 0 30 2 *"}), "/cron", "never due");
    check(json!({"at": "25:00"}), "/at", "not a time of day");
    check(json!({"at": "noon"}), "/at", "not a time of day");
    check(json!({"every": 0}), "/every", "1 to 10,000");
    check(json!({"unit": "months", "day": 32}), "/day", "1 to 31");
    check(json!({"timezone": "Mars/Olympus"}), "/timezone", "not a time zone");
}

#[test]
fn in_words() {
    let check = |value: serde_json::Value, en: &str, pt: &str| {
        assert_eq!(spec(value).words("America/Sao_Paulo"), Text::new(en, pt));
    };
    check(json!({}), "Every day at 07:00 (America/Sao_Paulo)", "Todo dia às 07:00 (America/Sao_Paulo)");
    check(
        json!({"every": 2, "unit": "weeks", "weekday": "sunday", "timezone": "UTC"}),
        "Every 2 weeks on Sunday at 07:00 (UTC)",
        "A cada 2 semanas, domingo às 07:00 (UTC)",
    );
    check(
        json!({"unit": "months", "day": 5}),
        "Every month on day 5 at 07:00 (America/Sao_Paulo)",
        "Todo mês, no dia 5 às 07:00 (America/Sao_Paulo)",
    );
    check(
        json!({"mode": "cron", "cron": "0 7 * * MON-FRI", "timezone": "UTC"}),
        "At 07:00, on Monday, Tuesday, Wednesday, Thursday, and Friday (UTC)",
        "Às 07:00, segunda-feira, terça-feira, quarta-feira, quinta-feira e sexta-feira (UTC)",
    );
}

proptest! {
    /// Ticks only go forward, and asking from any moment before a tick gives that tick.
    #[test]
    fn next_is_after_and_nothing_lies_between(
        unit in prop::sample::select(vec!["seconds", "minutes", "hours", "days", "weeks", "months"]),
        every in 1u32..40, hour in 0u8..24, minute in 0u8..60, day in 1u8..=31,
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        start in 1_700_000_000i64..1_900_000_000, share in 0.0f64..1.0,
    ) {
        let due = spec(json!({"unit": unit, "every": every, "at": format!("{hour:02}:{minute:02}"), "day": day})).due(zone).unwrap();
        let after = Timestamp::from_second(start).unwrap();
        let next = due.next_after(after).unwrap();
        prop_assert!(next > after);
        let between = start + ((next.as_second() - start - 1) as f64 * share) as i64;
        prop_assert_eq!(due.next_after(Timestamp::from_second(between).unwrap()), Some(next));
    }
}
