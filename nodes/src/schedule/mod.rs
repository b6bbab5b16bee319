//! When a schedule is due: cron expressions and intervals on a wall clock in an IANA zone.
//!
//! Rules at a change of the clocks: a fixed time that the change skips is due once, right after it; a fixed time that
//! comes twice is due the first time only; seconds, minutes and hours go on in real time.

mod next;
mod words;

use flow::Text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use next::Due;

/// The parameters of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Spec {
    /// Choose an interval, or write a cron expression.
    #[schemars(title = "Mode", extend(
        "x-no-expression" = true,
        "x-pt" = json!({"title": "Modo", "description": "Escolha um intervalo ou escreva uma expressão cron."}),
        "x-options" = json!({"every": {"en": "Interval", "pt": "Intervalo"}, "cron": {"en": "Cron", "pt": "Cron"}})
    ))]
    pub mode: Mode,
    /// Minute, hour, day, month and weekday, with seconds before them if you like: `0 7 * * MON-FRI`.
    #[schemars(title = "Cron expression", extend(
        "x-widget" = "cron", "x-no-expression" = true, "x-placeholder" = "0 7 * * MON-FRI",
        "x-show-when" = json!({"/mode": ["cron"]}),
        "x-pt" = json!({"title": "Expressão cron", "description": "Minuto, hora, dia, mês e dia da semana; se quiser, segundos antes: `0 7 * * MON-FRI`."})
    ))]
    pub cron: String,
    /// How many units lie between two ticks.
    #[schemars(title = "Every", range(min = 1, max = 10_000), extend(
        "x-no-expression" = true, "x-show-when" = json!({"/mode": ["every"]}),
        "x-pt" = json!({"title": "A cada", "description": "Quantas unidades há entre dois disparos."})
    ))]
    pub every: u32,
    /// The unit of the interval.
    #[schemars(title = "Unit", extend(
        "x-no-expression" = true, "x-show-when" = json!({"/mode": ["every"]}),
        "x-pt" = json!({"title": "Unidade", "description": "A unidade do intervalo."}),
        "x-options" = json!({
            "seconds": {"en": "Seconds", "pt": "Segundos"}, "minutes": {"en": "Minutes", "pt": "Minutos"},
            "hours": {"en": "Hours", "pt": "Horas"}, "days": {"en": "Days", "pt": "Dias"},
            "weeks": {"en": "Weeks", "pt": "Semanas"}, "months": {"en": "Months", "pt": "Meses"}
        })
    ))]
    pub unit: Unit,
    /// Time of day, hours and minutes: `07:00`.
    #[schemars(title = "At", extend(
        "x-no-expression" = true, "x-placeholder" = "07:00",
        "x-show-when" = json!({"/mode": ["every"], "/unit": ["days", "weeks", "months"]}),
        "x-pt" = json!({"title": "Às", "description": "Hora do dia, com horas e minutos: `07:00`."})
    ))]
    pub at: String,
    /// Day of the week.
    #[schemars(title = "On", extend(
        "x-no-expression" = true, "x-show-when" = json!({"/mode": ["every"], "/unit": ["weeks"]}),
        "x-pt" = json!({"title": "Dia da semana", "description": "Dia da semana."}),
        "x-options" = json!({
            "monday": {"en": "Monday", "pt": "Segunda-feira"}, "tuesday": {"en": "Tuesday", "pt": "Terça-feira"},
            "wednesday": {"en": "Wednesday", "pt": "Quarta-feira"}, "thursday": {"en": "Thursday", "pt": "Quinta-feira"},
            "friday": {"en": "Friday", "pt": "Sexta-feira"}, "saturday": {"en": "Saturday", "pt": "Sábado"},
            "sunday": {"en": "Sunday", "pt": "Domingo"}
        })
    ))]
    pub weekday: Day,
    /// Day of the month; in a shorter month its last day.
    #[schemars(title = "Day of the month", range(min = 1, max = 31), extend(
        "x-no-expression" = true, "x-show-when" = json!({"/mode": ["every"], "/unit": ["months"]}),
        "x-pt" = json!({"title": "Dia do mês", "description": "Dia do mês; em um mês mais curto, o último dia."})
    ))]
    pub day: u8,
    /// Zone of the wall clock, for example `America/Sao_Paulo`; the flow's zone when empty.
    #[schemars(title = "Time zone", extend(
        "x-widget" = "timezone", "x-no-expression" = true, "x-advanced" = true,
        "x-pt" = json!({"title": "Fuso horário", "description": "Fuso do relógio, por exemplo `America/Sao_Paulo`; o fuso do fluxo quando vazio."})
    ))]
    pub timezone: String,
    /// What to do about ticks that came while the server was down.
    #[schemars(title = "Missed ticks", extend(
        "x-no-expression" = true, "x-advanced" = true,
        "x-pt" = json!({"title": "Disparos perdidos", "description": "O que fazer com os disparos que ocorreram enquanto o servidor estava parado."}),
        "x-options" = json!({"skip": {"en": "Skip them", "pt": "Ignorar"}, "last": {"en": "Run once, for the last one", "pt": "Executar uma vez, pelo último"},
            "all": {"en": "Run for each (100 at most)", "pt": "Executar por cada um (até 100)"}})
    ))]
    pub missed: Missed,
    /// What to do when the former run still works.
    #[schemars(title = "Overlap", extend(
        "x-no-expression" = true, "x-advanced" = true,
        "x-pt" = json!({"title": "Sobreposição", "description": "O que fazer quando a execução anterior ainda está em andamento."}),
        "x-options" = json!({"allow": {"en": "Start another", "pt": "Iniciar outra"}, "skip": {"en": "Skip the tick", "pt": "Ignorar o disparo"}})
    ))]
    pub overlap: Overlap,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Mode {
    #[default]
    Every,
    Cron,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Unit {
    Seconds,
    Minutes,
    Hours,
    #[default]
    Days,
    Weeks,
    Months,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Day {
    #[default]
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Missed {
    Skip,
    #[default]
    Last,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Overlap {
    #[default]
    Allow,
    Skip,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            cron: "0 7 * * *".to_owned(),
            every: 1,
            unit: Unit::default(),
            at: "07:00".to_owned(),
            weekday: Day::default(),
            day: 1,
            timezone: String::new(),
            missed: Missed::default(),
            overlap: Overlap::default(),
        }
    }
}

/// Why a schedule is never due.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", message.en)]
pub struct SpecError {
    /// JSON pointer to the parameter that is to blame.
    pub pointer: &'static str,
    /// What is wrong. What to do.
    pub message: Text,
}

impl SpecError {
    fn new(pointer: &'static str, en: impl Into<String>, pt: impl Into<String>) -> Self {
        Self { pointer, message: Text::new(en, pt) }
    }
}

impl Spec {
    /// Checks everything and makes it ready to compute. `default_zone` is used when the schedule names none.
    pub fn due(&self, default_zone: &str) -> Result<Due, SpecError> {
        let name = self.zone(default_zone);
        let zone = TimeZone::get(name).map_err(|_| {
            SpecError::new(
                "/timezone",
                format!("'{name}' is not a time zone. Write a name such as 'America/Sao_Paulo' or 'UTC'."),
                format!("'{name}' não é um fuso horário. Escreva um nome como 'America/Sao_Paulo' ou 'UTC'."),
            )
        })?;
        Due::new(self, zone)
    }

    /// The first due time after `after`; `None` when the schedule is not valid or never due again.
    pub fn next_after(&self, after: Timestamp, default_zone: &str) -> Option<Timestamp> {
        self.due(default_zone).ok()?.next_after(after)
    }

    /// The schedule in words: "Every day at 07:00 (America/Sao_Paulo)".
    pub fn words(&self, default_zone: &str) -> Text {
        words::of(self, self.zone(default_zone))
    }

    fn zone<'a>(&'a self, default_zone: &'a str) -> &'a str {
        match self.timezone.trim() {
            "" => default_zone,
            named => named,
        }
    }
}

#[cfg(test)]
mod tests;
