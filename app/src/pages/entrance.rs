//! What the two pages before signing in share: the form at the left, a drawing at the right.

use leptos::prelude::*;

use crate::context::with_page;
use crate::i18n::Lang;
use crate::ui::frame::set_lang;
use crate::ui::{Brand, Icon};
use crate::view::{AnyView, Children, IntoAny};
use crate::words;

words! {
    /// Names in the drawing.
    Words {
        order: "New order" | "Novo pedido",
        sign: "Sign PDF" | "Assinar PDF",
        certificate: "A1 certificate" | "Certificado A1",
        respond: "Respond" | "Responder",
        signed: "200, signed file" | "200, arquivo assinado",
        fetch: "Fetch invoice" | "Buscar nota",
        running: "Running 0:03" | "Executando 0:03",
        save: "Write file" | "Gravar arquivo",
    }
}

/// The frame of both pages.
#[component]
pub fn Entrance(children: Children) -> AnyView {
    let (version, lang) = with_page(|p| (p.version.clone(), p.lang));
    let (other, name) = match lang {
        Lang::En => (Lang::Pt, "Português (Brasil)"),
        Lang::Pt => (Lang::En, "English"),
    };
    view! {
        <div class="first">
            <main class="left" id="page">
                <div class="brand row"><Brand/>"Fluxo"</div>
                <div class="box">{children.draw()}</div>
                <div class="row small t3">
                    {(!version.is_empty()).then(|| format!("Fluxo {version}"))}
                    <button type="button" class="btn ghost sm end" lang=other.tag() on:click=move |_| set_lang(other)>
                        <Icon name="languages" class="s14"/>
                        {name}
                    </button>
                </div>
            </main>
            <div class="right" aria-hidden="true"><Drawing/></div>
        </div>
    }
    .into_any()
}

/// A flow at work; decoration.
#[component]
fn Drawing() -> AnyView {
    let w = Words::get();
    let cards = [
        (8, 72, "c-trigger", "webhook", w.order, "POST /orders", "ok"),
        (312, 8, "c-pdf", "signature", w.sign, w.certificate, "ok"),
        (312, 136, "c-network", "globe", w.fetch, w.running, "run"),
        (600, 8, "c-flow", "corner-down-left", w.respond, w.signed, "ok"),
        (600, 136, "c-files", "file", w.save, "/outbox", ""),
    ]
    .map(|(x, y, class, icon, name, text, state)| {
        let glyph = match state {
            "ok" => Some(("circle-check", "var(--ok)")),
            "run" => Some(("loader-circle", "var(--info)")),
            _ => None,
        };
        let border = if state == "run" { "var(--info-line)" } else { "var(--line-strong)" };
        view! {
            <g class=class transform=format!("translate({x} {y})")>
                <rect x="0.5" y="0.5" width="223" height="63" rx="10" fill="var(--bg-surface)" stroke=border></rect>
                <rect x="14" y="16" width="32" height="32" rx="6" fill="var(--ct)"></rect>
                <use_ href=format!("#i-{icon}") x="21" y="23" width="18" height="18" fill="none" stroke="var(--c)" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"></use_>
                <text class="d-name" x="56" y="29">{name}</text>
                <text class="d-text" x="56" y="46" fill=if state == "run" { "var(--info)" } else { "var(--text-3)" }>{text}</text>
                {glyph.map(|(icon, color)| view! { <use_ href=format!("#i-{icon}") x="196" y="16" width="16" height="16" fill="none" stroke=color stroke-width="1.75" stroke-linecap="round"></use_> })}
            </g>
        }
    })
    .collect_view();
    let ports = [(232, 104), (312, 40), (536, 40), (600, 40), (312, 168), (536, 168), (600, 168)]
        .map(|(x, y)| view! { <circle cx=x cy=y r="4.5" fill="var(--bg-surface)" stroke="var(--line-control)" stroke-width="1.5"></circle> })
        .collect_view();
    view! {
        <svg class="drawing" viewBox="0 0 832 208">
            <g fill="none" stroke="var(--edge)" stroke-width="1.5">
                <path d="M232 104C272 104 272 40 312 40"></path>
                <path d="M536 40C572 40 564 40 600 40"></path>
                <path d="M536 168C572 168 564 168 600 168"></path>
                <path class="run-edge" d="M232 104C272 104 272 168 312 168" stroke="var(--mark-run)" stroke-width="2" stroke-dasharray="6 5"></path>
            </g>
            {cards}
            {ports}
        </svg>
    }
    .into_any()
}
