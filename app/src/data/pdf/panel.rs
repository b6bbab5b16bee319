//! The signature panel: one sentence for the file, one entry for each signature.

use flow::api::{PdfSignatures, Problem, SignatureFinding, SignatureSeverity, SignatureStatus};
use leptos::prelude::*;

use super::Report;
use super::signature::SignatureEntry;
use super::words::Words;
use crate::i18n::{count, fill, number};
use crate::ui::{Button, Icon};
use crate::view::{AnyView, IntoAny};

/// Symbol and colour of a state; a word stands beside them.
pub(super) fn face(status: SignatureStatus) -> (&'static str, &'static str) {
    match status {
        SignatureStatus::Valid => ("shield-check", "ok"),
        SignatureStatus::Invalid => ("octagon-x", "err"),
        SignatureStatus::Indeterminate => ("shield-alert", "warn"),
        SignatureStatus::Unsigned => ("signature", "t3"),
    }
}

#[component]
pub fn SignaturePanel(
    /// The file's.
    id: String,
    report: Report,
    ask: Callback<()>,
) -> AnyView {
    let words = Words::get();
    let body = move || {
        report.with(|report| match report {
            None => view! {
                <div class="sigs-sum"><span class="skel sk-icon"></span><span class="skel w2"></span><span class="late small t2">{words.verifying}</span></div>
            }
            .into_any(),
            Some(Err(problem)) => view! { <NotVerified problem=problem.clone() ask=ask/> }.into_any(),
            Some(Ok(found)) => view! { <Found id=id.clone() found=found.clone()/> }.into_any(),
        })
    };
    view! {
        <section class="sigs" aria-label=words.signatures aria-busy=move || report.with(Option::is_none).then_some("true")>{body}</section>
    }
    .into_any()
}

/// What the signatures are worth together.
fn sentence(found: &PdfSignatures) -> String {
    let words = Words::get();
    let many = found.signatures.len();
    let say = |one: &str, more: &str| fill(if many == 1 { one } else { more }, [number(many as f64)]);
    match found.status {
        SignatureStatus::Valid => say(words.valid_one, words.valid_many),
        SignatureStatus::Invalid => say(words.invalid_one, words.invalid_many),
        SignatureStatus::Indeterminate => say(words.indeterminate_one, words.indeterminate_many),
        SignatureStatus::Unsigned => match found.empty_fields.len() {
            0 => words.unsigned.to_owned(),
            empty => count(empty, words.unsigned_field, words.unsigned_fields),
        },
    }
}

#[component]
fn Found(id: String, found: PdfSignatures) -> AnyView {
    let words = Words::get();
    let (icon, class) = face(found.status);
    let signed = found.status != SignatureStatus::Unsigned;
    let uncovered = (signed && found.unsigned_changes && found.status == SignatureStatus::Valid)
        .then(|| view! { <p class="sigs-note small t2">{words.uncovered}</p> });
    // A green sentence would be taken for more than it says.
    let not_asked = found.status == SignatureStatus::Valid
        && found.signatures.iter().any(|s| s.findings.iter().any(|f| f.code == "pdf_revocation_not_checked"));
    let not_asked = not_asked.then(|| view! { <p class="sigs-note small t2">{words.not_asked}</p> });
    let empty = (signed && !found.empty_fields.is_empty()).then(|| {
        let text = fill(words.empty_fields, [found.empty_fields.join(", ")]);
        view! { <p class="sigs-note small t2">{text}</p> }
    });
    let entries = found
        .signatures
        .iter()
        .cloned()
        .enumerate()
        .map(|(i, signature)| view! { <li><SignatureEntry id=id.clone() number=i + 1 signature=signature/></li> })
        .collect_view();
    view! {
        <div class=format!("sigs-sum {class}") role="status">
            <Icon name=icon/>
            <span>{sentence(&found)}</span>
        </div>
        {(!found.findings.is_empty()).then(|| view! { <div class="sigs-note"><Findings findings=found.findings.clone()/></div> })}
        {not_asked}
        {uncovered}
        {empty}
        {signed.then(|| view! { <ul class="sig-list">{entries}</ul> })}
    }
    .into_any()
}

/// Nothing can be said: why, and what to do.
#[component]
fn NotVerified(problem: Problem, ask: Callback<()>) -> AnyView {
    let words = Words::get();
    let again = problem.status == 0 || problem.status >= 500;
    view! {
        <div class="sigs-sum warn" role="status" data-code=problem.code>
            <Icon name="circle-alert"/>
            <span>{problem.detail}</span>
        </div>
        {again
            .then(|| view! { <div class="sigs-note"><Button kind="sm" icon="refresh-cw" on_click=move |_| ask.run(())>{words.again}</Button></div> })}
    }
    .into_any()
}

/// What was found, the gravest first.
#[component]
pub fn Findings(findings: Vec<SignatureFinding>) -> AnyView {
    let words = Words::get();
    let weight = |severity| match severity {
        SignatureSeverity::Invalid => 0,
        SignatureSeverity::Indeterminate => 1,
        SignatureSeverity::Info => 2,
    };
    let mut findings = findings;
    findings.sort_by_key(|finding| weight(finding.severity));
    view! {
        <ul class="sig-findings">
            {findings
                .into_iter()
                .map(|finding| {
                    let (icon, class, word) = match finding.severity {
                        SignatureSeverity::Invalid => ("octagon-x", "err", words.grave),
                        SignatureSeverity::Indeterminate => ("triangle-alert", "warn", words.doubt),
                        SignatureSeverity::Info => ("info", "t3", words.note),
                    };
                    view! {
                        <li data-code=finding.code>
                            <span class=class><Icon name=icon class="s14"/><span class="sr">{word}</span></span>
                            <span>{finding.message}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
