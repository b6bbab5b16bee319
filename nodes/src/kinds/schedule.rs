//! Schedule: starts a run when a clock says so. When exactly is [`crate::schedule`]'s matter.

use async_trait::async_trait;
use flow::check::{Finding, Severity};
use flow::{Group, Item, KindDescription, Node};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::describe::{describe, words};
use crate::context::{Context, Outcome, Output};
use crate::schedule::Spec;
use crate::{NodeError, NodeKind};

pub struct Schedule;

/// The item of a tick that was due at `at`: `{tick, local, timezone, date, time, weekday}`. `default_zone`: the flow's.
pub fn item(spec: &Spec, at: Timestamp, default_zone: &str) -> Item {
    let named = if spec.timezone.trim().is_empty() { default_zone } else { spec.timezone.trim() };
    let zone = TimeZone::get(named).unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone);
    Item::from_value(json!({
        "tick": at.to_string(),
        "local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "timezone": named,
        "date": local.strftime("%Y-%m-%d").to_string(),
        "time": local.strftime("%H:%M:%S").to_string(),
        "weekday": local.strftime("%A").to_string().to_lowercase(),
    }))
}

#[async_trait]
impl NodeKind for Schedule {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["cron", "timer", "interval", "every", "agendar", "relógio", "horário", "diário"]),
            ..describe::<Spec>(
                "schedule",
                ["Schedule", "Agendamento"],
                ["Starts by the clock", "Inicia pelo relógio"],
                Group::Trigger,
                "calendar-clock",
            )
        }
    }

    /// Started by hand: a tick that is due now.
    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let spec: Spec = context.once().await?;
        Ok(Output::fresh(vec![item(&spec, context.clock.now(), &context.timezone)]).into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let Ok(spec) = crate::context::parse::<Spec>(&node.parameters.clone().into()) else { return Vec::new() };
        let wrong = spec.due("UTC").err().map(|e| Finding {
            code: "schedule_invalid".into(),
            severity: Severity::Error,
            message: e.message,
            node: Some(node.id.clone()),
            pointer: Some(e.pointer.to_owned()),
        });
        wrong.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_in_its_zone() {
        let at: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let check = |zone: &str, expected: serde_json::Value| {
            let spec = Spec { timezone: zone.into(), ..Spec::default() };
            assert_eq!(serde_json::Value::Object(item(&spec, at, "UTC").json), expected);
        };
        check(
            "America/Sao_Paulo",
            json!({"tick": "2026-11-24T10:00:00Z", "local": "2026-11-24T07:00:00-03:00", "timezone": "America/Sao_Paulo",
                "date": "2026-11-24", "time": "07:00:00", "weekday": "tuesday"}),
        );
        check(
            "",
            json!({"tick": "2026-11-24T10:00:00Z", "local": "2026-11-24T10:00:00+00:00", "timezone": "UTC",
                "date": "2026-11-24", "time": "10:00:00", "weekday": "tuesday"}),
        );
    }

    #[test]
    fn a_wrong_cron_is_found_while_drawing() {
        let parameters = json!({"mode": "cron", "cron": "99 * * * *"}).as_object().cloned().unwrap();
        let node = Node { id: "s".into(), parameters, ..Node::default() };
        assert_eq!(Schedule.check(&node)[0].code, "schedule_invalid");
        assert!(Schedule.check(&Node::default()).is_empty());
    }
}
