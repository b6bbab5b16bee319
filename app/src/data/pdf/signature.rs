//! One signature: in short, and unfolded.

use flow::api::{
    PdfSignature, SignatureChainLink, SignatureChanges, SignatureCoverage, SignatureIntegrity, SignatureRevocation,
    SignatureStanding, SignatureStatus, SignatureTimeStamp,
};
use leptos::prelude::*;

use super::panel::{Findings, face};
use super::words::Words;
use crate::api::blob_revision_url;
use crate::i18n::{fill, use_lang};
use crate::ui::{Icon, Moment, RelativeTime};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn SignatureEntry(
    /// The file's.
    id: String,
    /// The signature's place in the list, from 1.
    number: usize,
    signature: PdfSignature,
) -> AnyView {
    let words = Words::get();
    let (icon, class) = face(signature.status);
    let word = match signature.status {
        SignatureStatus::Valid => words.valid,
        SignatureStatus::Invalid => words.invalid,
        _ => words.indeterminate,
    };
    let name = match &signature.signer {
        Some(holder) if !holder.name.is_empty() => holder.name.clone(),
        _ => words.unknown_signer.to_owned(),
    };
    let revision = signature.revision.then(|| {
        let href = blob_revision_url(&id, number, use_lang().tag());
        view! {
            <a class="btn sm" href=href download="" rel="external"><Icon name="download" class="s14"/>{words.download_revision}</a>
        }
    });
    view! {
        <details class="sig" data-status=word>
            <summary>
                <span class=class><Icon name=icon/></span>
                <span class="sig-lines">
                    <span class="sig-name"><b>{name}</b><span class=format!("badge {class}")>{word}</span></span>
                    <Who signature=signature.clone()/>
                    <span class="t2"><When signature=signature.clone()/>{level(&signature).map(|l| format!(", {l}"))}</span>
                    <span class="t2">{extent(&signature)}</span>
                </span>
                <Icon name="chevron-down" class="fold"/>
            </summary>
            <div class="sig-more">
                <Findings findings=signature.findings.clone()/>
                <Facts signature=signature.clone()/>
                <Stamps stamps=if signature.time_stamp { Vec::new() } else { signature.time_stamps.clone() }/>
                <Chain chain=signature.chain.clone() revocation=signature.revocation.clone()/>
                {revision}
            </div>
        </details>
    }
    .into_any()
}

/// Numbers of the signer, and who issued the certificate.
#[component]
fn Who(signature: PdfSignature) -> AnyView {
    let words = Words::get();
    let Some(holder) = signature.signer else { return ().into_any() };
    let numbers = [("CPF", holder.cpf), ("CNPJ", holder.cnpj)];
    let mut parts: Vec<String> =
        numbers.into_iter().filter_map(|(name, number)| Some(format!("{name} {}", number?))).collect();
    if holder.seal {
        parts.push(words.seal.to_owned());
    }
    parts.push(fill(words.issued_by, [holder.issuer]));
    if signature.icp_brasil {
        parts.push("ICP-Brasil".to_owned());
    }
    view! { <span class="t2">{parts.join(", ")}</span> }.into_any()
}

/// When it was signed, and how that is known.
#[component]
fn When(signature: PdfSignature) -> AnyView {
    let words = Words::get();
    let attested = signature.time_stamps.into_iter().find_map(|stamp| stamp.time).filter(|_| signature.time_stamp);
    let (at, how) = match (signature.proven_time, signature.claimed_time) {
        _ if attested.is_some() => (attested, words.time_attested),
        (Some(at), _) => (Some(at), words.time_proven),
        (None, Some(at)) => (Some(at), words.time_claimed),
        (None, None) => (None, words.time_unknown),
    };
    let at = at.map(|at| view! { <RelativeTime at=at show=Moment::Full/>", " });
    view! { {at}{how} }.into_any()
}

/// Its PAdES level, or what else it is.
fn level(signature: &PdfSignature) -> Option<String> {
    if signature.time_stamp {
        return Some(Words::get().document_stamp.to_owned());
    }
    signature.level.clone()
}

/// What it covers and what came after it.
fn extent(signature: &PdfSignature) -> String {
    let words = Words::get();
    if signature.integrity == SignatureIntegrity::Broken {
        return words.broken.to_owned();
    }
    match (signature.coverage, signature.changes) {
        (SignatureCoverage::Partial, _) => words.covers_part.to_owned(),
        (SignatureCoverage::WholeFile, _) => words.covers_file.to_owned(),
        (_, changes) => {
            let after = match changes {
                Some(SignatureChanges::None) => words.after_nothing,
                Some(SignatureChanges::LongTerm) => words.after_proofs,
                Some(SignatureChanges::FormsAndSignatures) => words.after_forms,
                Some(SignatureChanges::Comments) => words.after_comments,
                Some(SignatureChanges::Other) => words.after_other,
                None => words.after_unknown,
            };
            format!("{} {after}", words.covers_revision)
        }
    }
}

#[component]
fn Facts(signature: PdfSignature) -> AnyView {
    let words = Words::get();
    let holder = signature.signer;
    let get = |read: fn(&flow::api::SignatureHolder) -> String| holder.as_ref().map(read);
    let certification = signature.certification.map(|level| match level {
        1 => words.certifies_nothing,
        2 => words.certifies_forms,
        _ => words.certifies_comments,
    });
    let policy = signature.policy.map(|policy| match policy.url {
        Some(url) => format!("{} ({url})", policy.oid),
        None => policy.oid,
    });
    let facts = [
        (words.reason, signature.reason),
        (words.location, signature.location),
        (words.contact, signature.contact),
        (words.field, signature.field),
        (words.certification, certification.map(str::to_owned)),
        (words.changed_fields, Some(signature.changed_fields.join(", "))),
        (words.policy, policy),
        (words.algorithm, signature.algorithm),
        (words.serial, get(|h| h.serial.clone())),
        (words.key, get(|h| h.key.clone())),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.trim().is_empty())?;
        Some(view! { <dt>{name}</dt><dd>{value}</dd> })
    });
    let times = [(words.from, get(|h| h.not_before.clone())), (words.until, get(|h| h.not_after.clone()))];
    let times = times
        .into_iter()
        .filter_map(|(name, at)| Some(view! { <dt>{name}</dt><dd><RelativeTime at=at? show=Moment::Full/></dd> }));
    view! { <dl class="facts">{facts.collect_view()}{times.collect_view()}</dl> }.into_any()
}

#[component]
fn Stamps(stamps: Vec<SignatureTimeStamp>) -> AnyView {
    let words = Words::get();
    if stamps.is_empty() {
        return ().into_any();
    }
    let one = |stamp: SignatureTimeStamp| {
        let state = match (stamp.integrity, stamp.trusted) {
            (SignatureIntegrity::Intact, Some(true)) => words.stamp_fine,
            (SignatureIntegrity::Intact, _) => words.stamp_untrusted,
            _ => words.stamp_broken,
        };
        view! {
            <li>
                <b>{stamp.authority.unwrap_or_default()}</b>
                <span class="t2">{stamp.time.map(|at| view! { <RelativeTime at=at show=Moment::Full/>", " })}{state}</span>
            </li>
        }
    };
    view! { <h4>{words.time_stamps}</h4><ul class="sig-chain">{stamps.into_iter().map(one).collect_view()}</ul> }
        .into_any()
}

/// Who vouches for whom, from the signer up, and whether somebody was revoked.
#[component]
fn Chain(chain: Vec<SignatureChainLink>, revocation: Vec<SignatureRevocation>) -> AnyView {
    let words = Words::get();
    if chain.is_empty() {
        return view! { <h4>{words.chain}</h4><p class="small t2">{words.no_chain}</p> }.into_any();
    }
    let one = |link: SignatureChainLink| {
        let known = revocation.iter().find(|r| r.certificate == link.name).map(|r| match r.standing {
            SignatureStanding::Good => words.not_revoked,
            SignatureStanding::Revoked => words.revoked,
            SignatureStanding::Unknown => words.revocation_unknown,
        });
        view! {
            <li>
                <b>{link.name}</b>
                <span class="t2">
                    <RelativeTime at=link.not_before show=Moment::Full/>" – "<RelativeTime at=link.not_after show=Moment::Full/>
                    {known.map(|known| format!(", {known}"))}
                </span>
            </li>
        }
    };
    view! { <h4>{words.chain}</h4><ol class="sig-chain">{chain.into_iter().map(one).collect_view()}</ol> }.into_any()
}
