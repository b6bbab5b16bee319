//! What a credential's certificate says, and how it stands.

use flow::api::{Certificate as Facts, CertificateState, Credential};
use leptos::prelude::*;
use serde_json::Value;

use super::words::Words;
use crate::i18n::fill;
use crate::ui::{Callout, Moment, RelativeTime};
use crate::view::{AnyView, IntoAny};

/// Everything that can be said of a certificate, with what to beware of.
#[component]
pub(super) fn Certificate(
    facts: Facts,
    /// It signs documents: then a seal is something to know about.
    signs: bool,
) -> AnyView {
    let words = Words::get();
    let cpf = if facts.cnpj.is_some() { words.responsible } else { "CPF" };
    let rows = [
        (words.subject, Some(facts.name.clone())),
        ("CNPJ", facts.cnpj.as_deref().map(cnpj)),
        (cpf, facts.cpf.clone()),
        (words.issuer, Some(facts.issuer.clone())),
        (words.serial, Some(facts.serial.clone())),
        (words.key, Some(facts.key.clone())),
    ];
    let told = rows.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    let until = facts.not_after.clone();
    let when = standing(&facts);
    let warning = match facts.state {
        CertificateState::Expired => Some(("err", words.expired.to_owned())),
        CertificateState::EndsSoon => Some(("warn", fill(words.ends_soon, [&when]))),
        CertificateState::NotYetValid => Some(("warn", words.not_yet_text.to_owned())),
        CertificateState::Valid => None,
    };
    view! {
        <div class="summary-box">
            <dl class="facts">
                {told.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}
                <dt>{words.from}</dt>
                <dd><RelativeTime at=facts.not_before.clone() show=Moment::Full/></dd>
                <dt>{words.until}</dt>
                <dd><RelativeTime at=until show=Moment::Full/>" "<span class="t3">{format!("({when})")}</span></dd>
            </dl>
            <div class="row badges"><Badges facts=facts.clone()/></div>
        </div>
        {warning.map(|(kind, text)| view! { <Callout kind=kind>{text}</Callout> })}
        {(signs && facts.seal).then(|| view! { <Callout kind="warn">{words.seal_text}</Callout> })}
    }
    .into_any()
}

/// Marks for ICP-Brasil and for a seal.
#[component]
pub fn Badges(facts: Facts) -> AnyView {
    let words = Words::get();
    view! {
        {facts.icp_brasil.then(|| view! { <span class="badge ok" title=words.icp_text>"ICP-Brasil"</span> })}
        {facts.seal.then(|| view! { <span class="badge warn" title=words.seal_text>{words.seal}</span> })}
    }
    .into_any()
}

/// A mark for a certificate that does not hold, or not for long.
#[component]
pub fn Standing(facts: Facts) -> AnyView {
    let text = standing(&facts);
    match facts.state {
        CertificateState::Expired => view! { <span class="badge err">{text}</span> }.into_any(),
        CertificateState::Valid => view! { <span class="small t3">{text}</span> }.into_any(),
        CertificateState::EndsSoon | CertificateState::NotYetValid => {
            view! { <span class="badge warn">{text}</span> }.into_any()
        }
    }
}

/// `in 12 days`, `expired`, `not valid yet`.
pub fn standing(facts: &Facts) -> String {
    let words = Words::get();
    match (facts.state, facts.days_left) {
        (CertificateState::Expired, _) => words.is_expired.to_owned(),
        (CertificateState::NotYetValid, _) => words.not_yet.to_owned(),
        (_, ..=0) => words.in_no_day.to_owned(),
        (_, 1) => words.in_one_day.to_owned(),
        (_, days) => fill(words.in_days, [days]),
    }
}

/// What there is to say in a line: of a certificate its holder, his number and who issued it; of others what may be shown.
pub fn in_short(credential: &Credential) -> String {
    let parts: Vec<String> = match &credential.certificate {
        Some(facts) => {
            let number = facts.cnpj.as_deref().map(cnpj).or_else(|| facts.cpf.clone());
            [Some(facts.name.clone()), number, Some(facts.issuer.clone())].into_iter().flatten().collect()
        }
        None => credential.summary.values().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// `12.345.678/0001-95`; what has not 14 characters stays as it is.
fn cnpj(number: &str) -> String {
    let part = |from: usize, to: usize| number.get(from..to);
    let parts = [part(0, 2), part(2, 5), part(5, 8), part(8, 12), part(12, 14)];
    match (number.len(), parts) {
        (14, [Some(a), Some(b), Some(c), Some(d), Some(e)]) => format!("{a}.{b}.{c}/{d}-{e}"),
        _ => number.to_owned(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn facts(state: CertificateState, days_left: i64) -> Facts {
        Facts {
            name: "Empresa".into(),
            cpf: Some("***.654.321-**".into()),
            cnpj: Some("12345678000195".into()),
            issuer: "AC".into(),
            serial: "01".into(),
            not_before: "2026-01-01T00:00:00.000Z".into(),
            not_after: "2026-12-01T00:00:00.000Z".into(),
            key: "RSA 2048".into(),
            icp_brasil: true,
            seal: true,
            state,
            days_left,
        }
    }

    #[test]
    fn the_end_is_told_in_words() {
        let check = |state, days, expected: &str| assert_eq!(standing(&facts(state, days)), expected);
        check(CertificateState::Valid, 40, "in 40 days");
        check(CertificateState::EndsSoon, 1, "in 1 day");
        check(CertificateState::EndsSoon, 0, "in less than a day");
        check(CertificateState::Expired, -1, "expired");
        check(CertificateState::NotYetValid, 40, "not valid yet");
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!(cnpj("12345678000195"), "12.345.678/0001-95");
        assert_eq!(cnpj("12ABC34501DE35"), "12.ABC.345/01DE-35");
        assert_eq!(cnpj("123"), "123");
        assert_eq!(cnpj("ééééééé"), "ééééééé");
    }
}
