//! Times, durations and numbers as people read them. The first drawing uses the clock and the zone that the server used,
//! so that both draw the same; the browser's own afterwards.

use super::{Common, Lang, fill, use_lang};
use crate::context::use_page;

const DAY_MS: i64 = 86_400_000;

/// A local wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wall {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// The clock and zone to format with.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Milliseconds since 1970, UTC.
    pub now_ms: i64,
    /// Minutes that local time is ahead of UTC.
    pub offset_min: i32,
}

impl When {
    /// What the server used; the same on both sides.
    pub fn rendered() -> Self {
        let page = use_page();
        Self { now_ms: page.now_ms, offset_min: page.offset_min }
    }

    /// The browser's clock, with the zone that holds at `at_ms` (summer time changes it).
    pub fn browser(at_ms: i64) -> Self {
        let at = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
        Self { now_ms: js_sys::Date::now() as i64, offset_min: -(at.get_timezone_offset() as i32) }
    }
}

/// Milliseconds since 1970 of an RFC 3339 instant in UTC (`2026-11-23T12:00:00.000Z`).
pub fn parse_time(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(|p| p.parse::<i64>());
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut clock = clock.split(':').map(|p| p.parse::<i64>());
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    let millis = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    Some(days_from_civil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + millis)
}

/// What a step says that it waits for, on the person's clock: a moment, or for whom.
pub fn waits_for(reason: &str, when: impl Fn(i64) -> When) -> String {
    match reason.strip_prefix("until ").and_then(parse_time) {
        Some(ms) => fill(Common::get().until, [date_time(ms, when(ms))]),
        None => reason.to_owned(),
    }
}

/// RFC 3339 in UTC with milliseconds.
pub fn to_rfc3339(ms: i64) -> String {
    let wall = wall(ms, 0);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        wall.year,
        wall.month,
        wall.day,
        wall.hour,
        wall.minute,
        wall.second,
        ms.rem_euclid(1000)
    )
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn wall(ms: i64, offset_min: i32) -> Wall {
    let local = ms + i64::from(offset_min) * 60_000;
    let z = local.div_euclid(DAY_MS) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let of_day = local.rem_euclid(DAY_MS) / 1_000;
    Wall {
        year: yoe + era * 400 + i64::from(month <= 2),
        month,
        day: doy - (153 * mp + 2) / 5 + 1,
        hour: of_day / 3_600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
    }
}

fn day_and_month(wall: Wall, with_year: bool) -> String {
    const EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const PT: [&str; 12] = ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"];
    let (names, of) = match use_lang() {
        Lang::En => (EN, " "),
        Lang::Pt => (PT, " de "),
    };
    let month = names[(wall.month - 1).clamp(0, 11) as usize];
    match with_year {
        true => format!("{}{of}{month}{of}{}", wall.day, wall.year),
        false => format!("{}{of}{month}", wall.day),
    }
}

/// `23 Nov 2026, 10:42:07`.
pub fn date_time(ms: i64, when: When) -> String {
    let wall = wall(ms, when.offset_min);
    format!("{}, {:02}:{:02}:{:02}", day_and_month(wall, true), wall.hour, wall.minute, wall.second)
}

/// `23 Nov 2026`.
pub fn date(ms: i64, when: When) -> String {
    day_and_month(wall(ms, when.offset_min), true)
}

/// `10:42`.
pub fn clock(ms: i64, when: When) -> String {
    let wall = wall(ms, when.offset_min);
    format!("{:02}:{:02}", wall.hour, wall.minute)
}

/// `10:42:07.183`.
pub fn time_of_day(ms: i64, when: When) -> String {
    let wall = wall(ms, when.offset_min);
    format!("{:02}:{:02}:{:02}.{:03}", wall.hour, wall.minute, wall.second, ms.rem_euclid(1000))
}

/// `now`, `6 min ago`, `today 07:00`, `yesterday 23:30`, `in 4 min`, `3 Nov`.
pub fn from_now(ms: i64, when: When) -> String {
    let w = Common::get();
    let minutes = (when.now_ms - ms).div_euclid(60_000);
    let day = |at: i64| (at + i64::from(when.offset_min) * 60_000).div_euclid(DAY_MS);
    let days = day(when.now_ms) - day(ms);
    let at = || clock(ms, when);
    match (minutes, days) {
        (-1..=0, _) => w.now.to_owned(),
        (1..60, _) => fill(w.minutes_ago, [minutes]),
        (-59..=-2, _) => fill(w.in_minutes, [-minutes]),
        (_, 0) => fill(w.today, [at()]),
        (_, 1) => fill(w.yesterday, [at()]),
        (_, -1) => fill(w.tomorrow, [at()]),
        _ => {
            let (then, now) = (wall(ms, when.offset_min), wall(when.now_ms, when.offset_min));
            match (days, then.year == now.year) {
                (-7..0, _) => format!("{} {}", day_and_month(then, false), at()),
                (_, same_year) => day_and_month(then, !same_year),
            }
        }
    }
}

/// `4 ms`, `2.3 s`, `1:04`, `2 h 05 min`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => millis(ms as f64 / 1_000.0, 1) + " s",
        60_000..3_600_000 => format!("{}:{:02}", ms / 60_000, ms / 1_000 % 60),
        _ => format!("{} h {:02} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// A number with `digits` behind the language's decimal mark.
pub fn millis(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match use_lang() {
        Lang::En => text,
        Lang::Pt => text.replace('.', ","),
    }
}

/// A whole number with the language's thousands mark: `1,284`.
pub fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mark = match use_lang() {
        Lang::En => ',',
        Lang::Pt => '.',
    };
    let mut out = String::new();
    if value < 0.0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// `812 B`, `14 KB`, `3.2 MB`, by 1000.
pub fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} KB", size.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", millis(size as f64 / 1e6, 1)),
        _ => format!("{} GB", millis(size as f64 / 1e9, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_go_there_and_back() {
        let check = |text: &str, ms: i64| {
            assert_eq!(parse_time(text), Some(ms), "{text}");
            assert_eq!(to_rfc3339(ms), text);
        };
        check("1970-01-01T00:00:00.000Z", 0);
        check("2026-11-23T12:00:00.000Z", 1_795_435_200_000);
        check("2024-02-29T23:59:59.999Z", 1_709_251_199_999);
        assert_eq!(parse_time("2026-11-23T12:00:00Z"), Some(1_795_435_200_000));
        assert_eq!(parse_time("yesterday"), None);
        assert_eq!(parse_time("2026-11-23T12:00:00+01:00"), None);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn people_read_times_relative_to_now() {
        let now = 1_795_435_200_000; // 2026-11-23 12:00 UTC, 09:00 at -180
        let check =
            |at: i64, expected: &str| assert_eq!(from_now(now + at, When { now_ms: now, offset_min: -180 }), expected);
        check(0, "now");
        check(-6 * 60_000, "6 min ago");
        check(4 * 60_000, "in 4 min");
        check(-3 * 3_600_000, "today 06:00");
        check(-10 * 3_600_000, "yesterday 23:00");
        check(22 * 3_600_000, "tomorrow 07:00");
        check(-20 * DAY_MS, "3 Nov");
        check(-400 * DAY_MS, "19 Oct 2025");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn amounts_are_short() {
        assert_eq!(duration(4), "4 ms");
        assert_eq!(duration(2_340), "2.3 s");
        assert_eq!(duration(232_000), "3:52");
        assert_eq!(duration(7_500_000), "2 h 05 min");
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(-12.0), "-12");
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(3_240_000), "3.2 MB");
    }
}
