//! The next due time.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Day, Mode, Spec, SpecError, Unit};

/// A schedule that was checked, in its zone.
#[derive(Clone, Debug)]
pub struct Due {
    rule: Rule,
    zone: TimeZone,
}

#[derive(Clone, Debug)]
enum Rule {
    Cron(Box<Cron>),
    /// Seconds on the wall clock, counted from 1 January 1970 there.
    Step(i64),
    Days {
        every: i64,
        at: Time,
    },
    Weeks {
        every: i64,
        weekday: i64,
        at: Time,
    },
    Months {
        every: i64,
        day: i8,
        at: Time,
    },
}

/// A Monday: weeks are counted from here.
const MONDAY: Date = Date::constant(1970, 1, 5);
const DAY_ONE: Date = Date::constant(1970, 1, 1);

impl Due {
    pub(super) fn new(spec: &Spec, zone: TimeZone) -> Result<Self, SpecError> {
        let rule = match spec.mode {
            Mode::Cron => Rule::Cron(Box::new(cron(&spec.cron)?)),
            Mode::Every => every(spec)?,
        };
        let due = Self { rule, zone };
        if spec.mode == Mode::Cron && due.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(SpecError::new(
                "/cron",
                format!(
                    "'{}' is never due, because no such date exists. Choose another day or month.",
                    spec.cron.trim()
                ),
                format!("'{}' nunca ocorre, porque essa data não existe. Escolha outro dia ou mês.", spec.cron.trim()),
            ));
        }
        Ok(due)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first due time after `after`.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.rule {
            Rule::Cron(cron) => {
                let next = cron.find_next_occurrence(&after.to_zoned(self.zone.clone()), false).ok()?;
                Some(next.timestamp())
            }
            Rule::Step(step) => self.step_after(after, *step),
            Rule::Days { every, at } => self.date_after(after, *at, 1, |date| {
                let days = days_between(DAY_ONE, date);
                date.checked_add(((every - days.rem_euclid(*every)) % every).days()).ok()
            }),
            Rule::Weeks { every, weekday, at } => self.date_after(after, *at, 1, |date| {
                let first = MONDAY.checked_add(weekday.days()).ok()?;
                let period = every * 7;
                let days = days_between(first, date);
                date.checked_add(((period - days.rem_euclid(period)) % period).days()).ok()
            }),
            Rule::Months { every, day, at } => self.date_after(after, *at, 1, |date| {
                let this = (i64::from(date.year()) * 12) + i64::from(date.month()) - 1;
                let mut month = this + (every - this.rem_euclid(*every)) % every;
                loop {
                    let first = Date::new(i16::try_from(month / 12).ok()?, (month % 12) as i8 + 1, 1).ok()?;
                    let found = first.with().day((*day).min(first.days_in_month())).build().ok()?;
                    if found >= date {
                        return Some(found);
                    }
                    month += every;
                }
            }),
        }
    }

    /// Seconds, minutes and hours keep to real time; after a change of the clocks they fall in step with the new wall clock.
    fn step_after(&self, after: Timestamp, step: i64) -> Option<Timestamp> {
        let offset = i64::from(self.zone.to_offset(after).seconds());
        let local = after.as_second() + offset;
        let next = Timestamp::from_second((local.div_euclid(step) + 1) * step - offset).ok()?;
        match self.zone.following(after).next() {
            Some(change) if change.timestamp() <= next && change.offset().seconds() as i64 != offset => {
                let offset = i64::from(change.offset().seconds());
                let local = change.timestamp().as_second() + offset;
                let missing = (step - local.rem_euclid(step)) % step;
                Timestamp::from_second(change.timestamp().as_second() + missing).ok()
            }
            _ => Some(next),
        }
    }

    /// `find` gives the first due date that is not before the given one.
    fn date_after(
        &self,
        after: Timestamp,
        at: Time,
        step: i64,
        find: impl Fn(Date) -> Option<Date>,
    ) -> Option<Timestamp> {
        // A day early: a change of the clocks at midnight may move yesterday's tick into today.
        let mut date = find(after.to_zoned(self.zone.clone()).date().checked_sub(1.day()).ok()?)?;
        loop {
            let due = self.zone.to_ambiguous_zoned(date.to_datetime(at)).compatible().ok()?.timestamp();
            if due > after {
                return Some(due);
            }
            date = find(date.checked_add(step.days()).ok()?)?;
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

fn every(spec: &Spec) -> Result<Rule, SpecError> {
    if !(1..=10_000).contains(&spec.every) {
        return Err(SpecError::new(
            "/every",
            "The interval must be 1 to 10,000 units. Write a number in that range.",
            "O intervalo deve ter de 1 a 10.000 unidades. Escreva um número nessa faixa.",
        ));
    }
    let every = i64::from(spec.every);
    Ok(match spec.unit {
        Unit::Seconds => Rule::Step(every),
        Unit::Minutes => Rule::Step(every * 60),
        Unit::Hours => Rule::Step(every * 3_600),
        Unit::Days => Rule::Days { every, at: time(&spec.at)? },
        Unit::Weeks => Rule::Weeks { every, weekday: spec.weekday.days_after_monday(), at: time(&spec.at)? },
        Unit::Months if !(1..=31).contains(&spec.day) => {
            return Err(SpecError::new(
                "/day",
                "The day of the month must be 1 to 31. Write a number in that range.",
                "O dia do mês deve ser de 1 a 31. Escreva um número nessa faixa.",
            ));
        }
        Unit::Months => Rule::Months { every, day: spec.day as i8, at: time(&spec.at)? },
    })
}

fn time(text: &str) -> Result<Time, SpecError> {
    let parts: Option<Vec<i8>> = text.trim().split(':').map(|p| p.parse().ok()).collect();
    let parsed = match parts.as_deref() {
        Some([hour, minute]) => Time::new(*hour, *minute, 0, 0).ok(),
        Some([hour, minute, second]) => Time::new(*hour, *minute, *second, 0).ok(),
        _ => None,
    };
    parsed.ok_or_else(|| {
        SpecError::new(
            "/at",
            format!("'{text}' is not a time of day. Write hours and minutes, such as '07:00'."),
            format!("'{text}' não é uma hora do dia. Escreva horas e minutos, como '07:00'."),
        )
    })
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build()
}

const FIELDS: [(&str, &str); 6] = [
    ("second", "segundo"),
    ("minute", "minuto"),
    ("hour", "hora"),
    ("day", "dia"),
    ("month", "mês"),
    ("weekday", "dia da semana"),
];

pub(super) fn cron(text: &str) -> Result<Cron, SpecError> {
    let text = text.trim();
    parser().parse(text).map_err(|_| {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let names = &FIELDS[6 - fields.len().clamp(5, 6)..];
        let wrong = fields.iter().zip(names).enumerate().find(|(i, (field, _))| {
            let alone: Vec<&str> = (0..names.len()).map(|j| if j == *i { **field } else { "*" }).collect();
            parser().parse(&alone.join(" ")).is_err()
        });
        let (en, pt) = match wrong {
            _ if !(5..=6).contains(&fields.len()) => {
                (format!("it has {} fields", fields.len()), format!("ela tem {} campos", fields.len()))
            }
            Some((_, (field, (en, pt)))) => {
                (format!("'{field}' is no {en}"), format!("'{field}' não serve como {pt}"))
            }
            None => ("its fields do not fit together".to_owned(), "seus campos não combinam".to_owned()),
        };
        SpecError::new(
            "/cron",
            format!("The cron expression '{text}' is not valid: {en}. Write minute, hour, day, month and weekday, such as '0 7 * * MON-FRI'."),
            format!("A expressão cron '{text}' não é válida: {pt}. Escreva minuto, hora, dia, mês e dia da semana, como '0 7 * * MON-FRI'."),
        )
    })
}

impl Day {
    /// Days after Monday.
    pub(super) fn days_after_monday(self) -> i64 {
        self as i64
    }
}
