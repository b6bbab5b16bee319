//! Wait: parks the run for a while.

use async_trait::async_trait;
use flow::{Group, KindDescription};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::describe::{choice, describe, pt, words};
use crate::context::{Context, Outcome, Output, Wait as Parked};
use crate::{NodeError, NodeKind};

choice! {
    /// Unit of a duration.
    pub enum Unit {
        #[default]
        Seconds = "seconds", "seconds", "segundos";
        Minutes = "minutes", "minutes", "minutos";
        Hours = "hours", "hours", "horas";
        Days = "days", "days", "dias";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// How long to wait. The run is parked meanwhile and costs nothing.
    #[schemars(title = "Wait for", range(min = 0), extend("x-pt" = pt("Aguardar por", "Quanto tempo aguardar. Enquanto isso a execução fica guardada e não custa nada."), "x-widget" = "duration"))]
    pub amount: f64,
    /// The duration's unit.
    #[schemars(title = "Unit", extend("x-pt" = pt("Unidade", "A unidade da duração.")))]
    pub unit: Unit,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { amount: 5.0, unit: Unit::Seconds }
    }
}

pub struct Wait;

const LONGEST_DAYS: f64 = 366.0;

impl Parameters {
    fn seconds(&self) -> Result<f64, NodeError> {
        let unit = match self.unit {
            Unit::Seconds => 1.0,
            Unit::Minutes => 60.0,
            Unit::Hours => 3_600.0,
            Unit::Days => 86_400.0,
        };
        let seconds = self.amount * unit;
        if !(0.0..=LONGEST_DAYS * 86_400.0).contains(&seconds) {
            let text = format!("A wait of {} is not possible. Give 0 seconds to {LONGEST_DAYS} days.", self.amount);
            return Err(NodeError::new("wait_range", text));
        }
        Ok(seconds)
    }
}

#[async_trait]
impl NodeKind for Wait {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["delay", "sleep", "pause", "esperar", "pausa", "atraso"]),
            subtitle: "{/amount} {/unit}".into(),
            ..describe::<Parameters>(
                "wait",
                ["Wait", "Aguardar"],
                ["Goes on after a while", "Continua depois de um tempo"],
                Group::Flow,
                "hourglass",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Parameters = context.once().await?;
        let seconds = p.seconds()?;
        let then = Output::one(context.input());
        if seconds == 0.0 {
            return Ok(then.into());
        }
        let span = SignedDuration::from_millis((seconds * 1_000.0).ceil() as i64);
        let until = context.clock.now().checked_add(span);
        let until =
            until.map_err(|_| NodeError::new("wait_range", "The wait ends too far in the future. Shorten it."))?;
        Ok(Outcome::Wait(Parked { until, reason: format!("until {until:.0}"), then }))
    }
}
