//! Which ticks to fire after a time without a server.

use jiff::{SignedDuration, Timestamp};
use nodes::schedule::{Due, Missed};

/// A tick that is later than this was missed.
const LATE: SignedDuration = SignedDuration::from_secs(10);
/// Missed ticks that are fired at most, the newest of them.
const MOST: usize = 100;
/// How far to look back for the newest ticks, growing: schedules of all paces are found in few looks.
const WINDOWS: [i64; 8] = [60, 3_600, 86_400, 7 * 86_400, 31 * 86_400, 366 * 86_400, 10 * 366 * 86_400, i64::MAX / 4];

/// The ticks from `first` to `now`, as the rule for missed ones says; the oldest first. `first` is a tick and not after `now`.
pub(super) fn to_fire(due: &Due, first: Timestamp, now: Timestamp, missed: Missed) -> Vec<Timestamp> {
    match missed {
        Missed::All => newest(due, first, now, MOST),
        Missed::Last => newest(due, first, now, 1),
        Missed::Skip => newest(due, first, now, 1).into_iter().filter(|at| now.duration_since(*at) <= LATE).collect(),
    }
}

fn newest(due: &Due, first: Timestamp, now: Timestamp, most: usize) -> Vec<Timestamp> {
    for window in WINDOWS {
        let start = Timestamp::from_second(now.as_second().saturating_sub(window)).unwrap_or(Timestamp::MIN);
        let mut ticks = std::collections::VecDeque::new();
        let mut at = if start <= first { Some(first) } else { due.next_after(start) };
        while let Some(tick) = at.filter(|tick| *tick <= now) {
            if ticks.len() == most {
                ticks.pop_front();
            }
            ticks.push_back(tick);
            at = due.next_after(tick);
        }
        if ticks.len() == most || start <= first {
            return ticks.into();
        }
    }
    vec![first]
}

#[cfg(test)]
mod tests {
    use nodes::schedule::Spec;
    use serde_json::json;

    use super::*;

    fn check(spec: serde_json::Value, missed: Missed, first: &str, now: &str, expected: &[&str]) {
        let spec: Spec = serde_json::from_value(spec).unwrap();
        let due = spec.due("UTC").unwrap();
        let got = to_fire(&due, first.parse().unwrap(), now.parse().unwrap(), missed);
        let got: Vec<String> = got.iter().map(Timestamp::to_string).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn after_a_time_without_a_server() {
        let daily = json!({"unit": "days", "at": "07:00"});
        let (first, now) = ("2026-11-20T07:00:00Z", "2026-11-23T12:00:00Z");
        let last = "2026-11-23T07:00:00Z";
        check(daily.clone(), Missed::Last, first, now, &[last]);
        check(daily.clone(), Missed::Skip, first, now, &[]);
        let all = [first, "2026-11-21T07:00:00Z", "2026-11-22T07:00:00Z", last];
        check(daily.clone(), Missed::All, first, now, &all);
        // In time: no rule asks.
        for missed in [Missed::All, Missed::Last, Missed::Skip] {
            check(daily.clone(), missed, first, "2026-11-20T07:00:01Z", &[first]);
        }
    }

    #[test]
    fn a_fast_schedule_after_a_year() {
        let spec: Spec = serde_json::from_value(json!({"unit": "seconds", "every": 1})).unwrap();
        let due = spec.due("UTC").unwrap();
        let (first, now) = ("2025-11-23T00:00:00Z".parse().unwrap(), "2026-11-23T00:00:00Z".parse().unwrap());
        assert_eq!(to_fire(&due, first, now, Missed::Last), [now]);
        let all = to_fire(&due, first, now, Missed::All);
        assert_eq!((all.len(), all[0].to_string()), (100, "2026-11-22T23:58:21Z".to_owned()));
    }
}
