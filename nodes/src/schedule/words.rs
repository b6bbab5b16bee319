//! A schedule in words.

use croner::describe::{English, Language};
use flow::Text;

use super::{Mode, Spec, Unit, next};

pub(super) fn of(spec: &Spec, zone: &str) -> Text {
    let (en, pt) = match spec.mode {
        Mode::Cron => match next::cron(&spec.cron) {
            Ok(cron) => {
                (plain(&cron.describe_lang(English)), plain(&cron.describe_lang(Portuguese)).replace(", e ", " e "))
            }
            Err(error) => return error.message,
        },
        Mode::Every => every(spec),
    };
    Text::new(format!("{en} ({zone})"), format!("{pt} ({zone})"))
}

fn plain(sentence: &str) -> String {
    sentence.trim_end_matches('.').to_owned()
}

fn every(spec: &Spec) -> (String, String) {
    let n = spec.every;
    let (one_en, many_en, one_pt, many_pt) = match spec.unit {
        Unit::Seconds => ("Every second", "seconds", "A cada segundo", "segundos"),
        Unit::Minutes => ("Every minute", "minutes", "A cada minuto", "minutos"),
        Unit::Hours => ("Every hour", "hours", "A cada hora", "horas"),
        Unit::Days => ("Every day", "days", "Todo dia", "dias"),
        Unit::Weeks => ("Every week", "weeks", "Toda semana", "semanas"),
        Unit::Months => ("Every month", "months", "Todo mês", "meses"),
    };
    let (mut en, mut pt) = match n {
        1 => (one_en.to_owned(), one_pt.to_owned()),
        _ => (format!("Every {n} {many_en}"), format!("A cada {n} {many_pt}")),
    };
    let day = spec.weekday.days_after_monday() as usize + 1;
    match spec.unit {
        Unit::Weeks => {
            en += &format!(" on {}", English.day_of_week_names()[day % 7]);
            pt += &format!(", {}", Portuguese.day_of_week_names()[day % 7]);
        }
        Unit::Months => {
            en += &format!(" on day {}", spec.day);
            pt += &format!(", no dia {}", spec.day);
        }
        _ => {}
    }
    if matches!(spec.unit, Unit::Days | Unit::Weeks | Unit::Months) {
        en += &format!(" at {}", spec.at.trim());
        pt += &format!(" às {}", spec.at.trim());
    }
    (en, pt)
}

/// Brazilian Portuguese for croner's descriptions.
#[derive(Clone, Copy)]
struct Portuguese;

impl Language for Portuguese {
    fn every_minute(&self) -> &'static str {
        "A cada minuto"
    }
    fn every_second_phrase(&self) -> &'static str {
        "A cada segundo"
    }
    fn every_x_minutes(&self, n: u16) -> String {
        format!("a cada {n} minutos")
    }
    fn every_x_seconds(&self, n: u16) -> String {
        format!("a cada {n} segundos")
    }
    fn every_x_hours(&self, n: u16) -> String {
        format!("a cada {n} horas")
    }
    fn every_minute_of_every_x_hours(&self, n: u16) -> String {
        format!("A cada minuto, a cada {n} horas")
    }
    fn at_time(&self, time: &str) -> String {
        format!("Às {time}")
    }
    fn at_time_and_every_x_seconds(&self, time: &str, n: u16) -> String {
        format!("Às {time}, a cada {n} segundos")
    }
    fn at_time_at_second(&self, time: &str, second: &str) -> String {
        format!("Às {time}, no segundo {second}")
    }
    fn at_phrase(&self, phrase: &str) -> String {
        format!("Em: {phrase}")
    }
    fn on_phrase(&self, phrase: &str) -> String {
        phrase.to_owned()
    }
    fn in_phrase(&self, phrase: &str) -> String {
        format!("em {phrase}")
    }
    fn second_phrase(&self, s: &str) -> String {
        format!("segundo {s}")
    }
    fn minute_phrase(&self, s: &str) -> String {
        format!("minuto {s}")
    }
    fn minute_past_every_hour_phrase(&self, s: &str) -> String {
        format!("{s} de cada hora")
    }
    fn hour_phrase(&self, s: &str) -> String {
        format!("das {s} horas")
    }
    fn year_phrase(&self, s: &str) -> String {
        format!("ano {s}")
    }
    fn day_phrase(&self, s: &str) -> String {
        format!("dia {s}")
    }
    fn the_last_day_of_the_month(&self) -> &'static str {
        "último dia do mês"
    }
    fn the_weekday_nearest_day(&self, day: &str) -> String {
        format!("dia útil mais próximo do dia {day}")
    }
    fn the_last_weekday_of_the_month(&self, day: &str) -> String {
        format!("o último dia do mês que seja {day}")
    }
    fn the_nth_weekday_of_the_month(&self, n: u8, day: &str) -> String {
        format!("{day} (a {n}ª vez no mês)")
    }
    fn dom_and_dow_if_also(&self, dow: &str) -> String {
        format!("(se também for {dow})")
    }
    fn dom_and_dow_if_also_one_of(&self, dow: &str) -> String {
        format!("(se também for um destes: {dow})")
    }
    fn list_conjunction_and(&self) -> &'static str {
        "e"
    }
    fn list_conjunction_or(&self) -> &'static str {
        "ou"
    }
    fn list_conjunction_and_comma(&self) -> &'static str {
        ", e"
    }
    fn day_of_week_names(&self) -> [&'static str; 7] {
        ["domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"]
    }
    fn month_names(&self) -> [&'static str; 12] {
        [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ]
    }
    fn every_past_phrase(&self, every: &str, hours: &str) -> String {
        format!("{every}, {hours}")
    }
    fn past_hour_phrase(&self, s: &str) -> String {
        format!("nas horas {s}")
    }
    fn every_x_months(&self, n: u16) -> String {
        format!("a cada {n} meses")
    }
    fn every_x_years(&self, n: u16) -> String {
        format!("a cada {n} anos")
    }
}
