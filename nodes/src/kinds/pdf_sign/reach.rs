//! From a signature to its level: the time stamp over it, the proofs, the time stamp over the file.

use flow::Item;
use jiff::Timestamp;
use pdf::{Limits, Prepared, Secret, Signed, Stamp, StampOptions, Warning};
use serde_json::{Value, json};

use super::level::{Lacking, Level, Profile};
use super::outside::{Outside, reason, warnings};
use super::{blocking, error};
use crate::NodeError;
use crate::kinds::dotted;

/// Bytes kept free for a time stamp. Tokens with their certificates have 3 to 8 KB.
pub(crate) const ROOM: usize = 16 << 10;

/// A signed file, and what it reached.
pub(crate) struct Reached {
    pub pdf: Vec<u8>,
    pub field: String,
    pub warnings: Vec<Warning>,
    /// `B-B`, `B-T`, `B-LT` or `B-LTA`.
    pub level: &'static str,
    /// When and by whom the signature was stamped.
    pub stamp: Option<(Timestamp, String)>,
}

/// Puts `signature` into `prepared`, stamped if the level asks for it. The inner error is one that more room may cure.
pub(crate) async fn finish(
    outside: &Outside<'_>,
    level: &Level,
    prepared: Prepared,
    signature: Vec<u8>,
) -> Result<Result<(Signed, Option<Stamp>), pdf::Error>, NodeError> {
    let mut lacking = None;
    let stamp = if level.profile >= Profile::T {
        match outside.stamp(&[&signature], level).await {
            Ok(stamp) => Some(stamp),
            Err(e) if level.without_stamp == Lacking::Warn && e.code.starts_with("pdf_tsa_") => {
                lacking = Some(Warning::WithoutTimeStamp { reason: reason(&e) });
                None
            }
            Err(e) => return Err(e),
        }
    } else {
        None
    };
    blocking(move || {
        let token = stamp.as_ref().map(|stamp| &stamp.token[..]);
        Ok(prepared.finish(&signature, token).map(|mut signed| {
            signed.warnings.extend(lacking);
            (signed, stamp)
        }))
    })
    .await
}

/// Adds the proofs and the time stamp over the file, as far as the level asks for them.
pub(crate) async fn extend(
    outside: &Outside<'_>,
    level: &Level,
    (signed, stamp): (Signed, Option<Stamp>),
    password: Option<Secret>,
) -> Result<Reached, NodeError> {
    let Signed { pdf, field, contents, warnings, .. } = signed;
    let mut reached = Reached { pdf, field, warnings, level: "B-B", stamp: None };
    let Some(stamp) = stamp else { return Ok(reached) };
    let room = ROOM.max(stamp.token.len() + 1024);
    reached.level = "B-T";
    reached.stamp = Some((stamp.at, stamp.authority));
    if level.profile < Profile::Lt {
        return Ok(reached);
    }

    let proofs = outside.proofs(&[&contents], level).await?;
    if let Some(problem) = proofs.problems.first()
        && level.without_proof == Lacking::Error
    {
        return Err(error(problem));
    }
    let complete = proofs.problems.is_empty();
    let problems = proofs.problems.iter().map(|p| Warning::WithoutProof { reason: p.to_string() });
    reached.warnings.extend(problems);
    let (pdf, secret) = (std::mem::take(&mut reached.pdf), password.clone());
    reached.pdf = blocking(move || {
        pdf::add_proofs(&pdf, &proofs, &[&contents], secret.as_ref(), &Limits::default()).map_err(|e| error(&e))
    })
    .await?;
    if complete {
        reached.level = "B-LT";
    }
    if level.profile < Profile::Lta {
        return Ok(reached);
    }
    stamp_file(outside, level, reached, password, room, complete).await
}

/// A document time stamp (B-LTA).
async fn stamp_file(
    outside: &Outside<'_>,
    level: &Level,
    mut reached: Reached,
    password: Option<Secret>,
    mut room: usize,
    complete: bool,
) -> Result<Reached, NodeError> {
    let limits = Limits { pdf_bytes: usize::MAX, ..Limits::default() };
    for attempt in 0.. {
        let options = StampOptions { pdf_password: password.clone(), room, limits };
        let (prepared, pdf) = {
            let pdf = std::mem::take(&mut reached.pdf);
            blocking(move || {
                let prepared = pdf::prepare_time_stamp(&pdf, &options).map_err(|e| error(&e))?;
                Ok((prepared, pdf))
            })
            .await?
        };
        let stamp = match outside.stamp(&prepared.to_stamp(), level).await {
            Ok(stamp) => stamp,
            Err(e) if level.without_stamp == Lacking::Warn && e.code.starts_with("pdf_tsa_") => {
                reached.pdf = pdf;
                reached.warnings.push(Warning::WithoutTimeStamp { reason: reason(&e) });
                return Ok(reached);
            }
            Err(e) => return Err(e),
        };
        match blocking(move || Ok(prepared.finish(&stamp.token))).await? {
            Ok(signed) => {
                reached.pdf = signed.pdf;
                break;
            }
            Err(pdf::Error::Level(pdf::LevelError::NoRoom { needed, .. })) if attempt == 0 => {
                room = needed + 1024;
                reached.pdf = pdf;
            }
            Err(e) => return Err(error(&e)),
        }
    }
    if complete {
        reached.level = "B-LTA";
    }
    Ok(reached)
}

impl Reached {
    /// Puts what can be said of the signature into the item.
    pub(crate) fn tell(
        &self,
        item: &mut Item,
        property: &str,
        who: &pdf::CertificateSummary,
        signed_at: Option<Timestamp>,
    ) -> Result<(), NodeError> {
        if property.trim().is_empty() {
            return Ok(());
        }
        let mut facts = json!({
            "name": who.name,
            "issuer": who.issuer,
            "serial": who.serial,
            "field": self.field,
            "level": self.level,
            "warnings": warnings(&self.warnings),
        });
        if let Some(at) = signed_at {
            facts["signed_at"] = Value::from(at.to_string());
        }
        if let Some((at, authority)) = &self.stamp {
            facts["stamped_at"] = Value::from(at.to_string());
            facts["stamped_by"] = Value::from(authority.as_str());
        }
        dotted::set(&mut item.json, property.trim(), true, facts)
    }
}
