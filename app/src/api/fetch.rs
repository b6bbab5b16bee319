//! Requests from the browser: cookies, the header that closes CSRF, one refresh of an expired session.

use std::cell::RefCell;
use std::time::Duration;

use flow::api::Problem;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::{set_timeout_with_handle, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, Headers, RequestCredentials, RequestInit, Response};

use super::transport::{Answer, Request, failed};
use crate::i18n::{Lang, use_lang};

thread_local! {
    /// The refresh under way: a refresh token works once, so all who need a new session wait for the same one.
    static REFRESH: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

pub(super) async fn send(request: Request) -> Result<Answer, Problem> {
    let answer = once(&request).await?;
    if answer.status != 401 || request.path.ends_with("/session") {
        return Ok(answer);
    }
    match refresh_session().await {
        Some(true) => once(&request).await,
        Some(false) => {
            to_sign_in();
            Ok(answer)
        }
        // Whether the session is over is not known: nobody is thrown out for a lost connection.
        None => Err(no_connection()),
    }
}

/// Asks for a new session with the refresh cookie; one tab and one call at a time. `false`: sign in again; nothing
/// when the server could not be asked.
pub async fn refresh_session() -> Option<bool> {
    let promise = REFRESH.with_borrow_mut(|slot| slot.get_or_insert_with(|| locked(refresh)).clone());
    let done = JsFuture::from(promise).await;
    REFRESH.with_borrow_mut(|slot| *slot = None);
    done.ok()?.as_bool()
}

fn refresh() -> Promise {
    future_to_promise(async {
        let answer = once(&Request::new("POST", "/session/refresh")).await;
        Ok(match answer.map(|a| a.status) {
            Ok(200..300) => JsValue::TRUE,
            Ok(401 | 403) => JsValue::FALSE,
            _ => JsValue::NULL,
        })
    })
}

/// Runs `work` while no other tab does: they share the cookie, and a second use of the old one ends the session.
fn locked(work: fn() -> Promise) -> Promise {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|f| f.dyn_into::<Function>().ok());
    let held = request.and_then(|request| {
        let work = Closure::once_into_js(move || JsValue::from(work()));
        request.call2(&locks, &"fluxo-session".into(), &work).ok()
    });
    held.and_then(|promise| promise.dyn_into::<Promise>().ok()).unwrap_or_else(work)
}

/// Leaves for the sign-in page, which comes back here.
fn to_sign_in() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    if path == "/sign-in" || path == "/welcome" {
        return;
    }
    let here = format!("{path}{}", location.search().unwrap_or_default());
    let _ = location.assign(&format!("/sign-in?to={}", super::encode(&here)));
}

async fn once(request: &Request) -> Result<Answer, Problem> {
    perform(request).await.map_err(|_| no_connection())
}

fn no_connection() -> Problem {
    let detail = match use_lang() {
        Lang::En => "The server can't be reached. Check the connection and try again; nothing typed is lost.",
        Lang::Pt => {
            "Não foi possível falar com o servidor. Verifique a conexão e tente de novo; nada do que foi digitado se perdeu."
        }
    };
    failed("no_connection", detail.into())
}

/// How long a request may take until it counts as lost: more for a large body on a slow line.
fn patience(request: &Request) -> Duration {
    let body = request.body.as_ref().map_or(0, Vec::len) as u64;
    Duration::from_secs(30) + Duration::from_millis(body / 100)
}

async fn perform(request: &Request) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    headers.set("X-Fluxo", "1")?;
    if let Some(revision) = request.if_match {
        headers.set("If-Match", &format!("\"{revision}\""))?;
    }
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_credentials(RequestCredentials::SameOrigin);
    if let Some(body) = &request.body {
        headers.set("Content-Type", "application/json")?;
        init.set_body(&Uint8Array::from(body.as_slice()));
    }
    init.set_headers(&headers);
    // A connection that is silently gone never answers: without a limit a save would hang for ever.
    let controller = AbortController::new()?;
    init.set_signal(Some(&controller.signal()));
    let limit = set_timeout_with_handle(move || controller.abort(), patience(request)).ok();
    let answer = receive(&request.path, &init).await;
    if let Some(limit) = limit {
        limit.clear();
    }
    answer
}

async fn receive(path: &str, init: &RequestInit) -> Result<Answer, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(path, init)).await?.dyn_into()?;
    let bytes = Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?);
    Ok(Answer { status: response.status(), body: bytes.to_vec() })
}
