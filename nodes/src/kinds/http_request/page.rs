//! All pages of one item's request.

use std::collections::HashSet;
use std::time::Duration;

use flow::Item;
use serde_json::{Map, Value, json};
use url::Url;

use super::parameters::{PageEnd, PageMode, Place};
use super::request::{self, Changes};
use super::response;
use super::send::{Call, header};
use crate::error::NodeError;
use crate::kinds::common::{MAX_ITEMS, as_text, names};
use crate::world::HttpResponse;

/// Sends the request, and those for further pages, and gives the items of all.
pub(super) async fn all(call: &Call<'_>) -> Result<Vec<Item>, NodeError> {
    let p = call.parameters;
    let pages = &p.pagination;
    let max = if pages.mode == PageMode::Off { 1 } else { pages.max_pages.clamp(1, 10_000) };
    let (mut items, mut next): (Vec<Item>, Option<Url>) = (Vec::new(), None);
    let mut former = json!({});
    let mut seen = HashSet::new();
    let mut origin = None;
    for page in 0..max {
        if page > 0 && pages.wait_ms > 0 {
            call.context.clock.sleep(Duration::from_millis(pages.wait_ms)).await;
        }
        let changes = changes(call, page, &former).await?;
        let mut request = request::build(p, call.item, next.as_ref(), &changes)?;
        if p.idempotency_key {
            let key = format!("{}-{}-{page}", call.context.idempotency_key, call.index);
            request.headers.push(("idempotency-key".to_owned(), key));
        }
        let current = Url::parse(&request.url).ok();
        let here = current.as_ref().map(Url::origin);
        let first = origin.get_or_insert_with(|| here.clone()).clone();
        if next.is_some() && !seen.insert(request.url.clone()) {
            let text = "The pages lead back to one that was already read. Check how the next address is found.";
            return Err(NodeError::new("pagination_loop", text));
        }
        seen.insert(request.url.clone());
        let at_home = first == here;
        if !at_home {
            request = request.for_other_origin();
        }
        let response = call.send(request.clone(), at_home).await?;
        let ends = pages.mode == PageMode::Parameter && pages.end == PageEnd::Status && page > 0;
        if ends && names(&pages.end_statuses).contains(&response.status.to_string()) {
            break;
        }
        if response.status >= 400 && !p.never_error {
            let mut shown = request;
            if at_home {
                call.auth.apply(&mut shown, None);
            }
            return Err(call.status_error(&shown, &response).await);
        }
        let answered = response::read(call, &response).await?;
        if pages.mode != PageMode::Off {
            former = json!({
                "body": answered.body_value(),
                "headers": answered.headers,
                "statusCode": answered.status,
            });
        }
        let empty = answered.is_empty();
        let at_end = pages.mode == PageMode::Parameter && pages.end == PageEnd::Empty && empty;
        if !(at_end && page > 0) {
            items.extend(answered.items(p, call.item));
        }
        if items.len() > MAX_ITEMS {
            let text = format!("The pages have more than {MAX_ITEMS} items. Lower “At most” under “Pages”.");
            return Err(NodeError::new("too_many_items", text));
        }
        next = match pages.mode {
            PageMode::Off => break,
            PageMode::NextUrl => following(current, &resolve(call, &pages.next_url, page + 1, &former).await?)?,
            PageMode::Link => following(current, &link(&response).map_or(Value::Null, Value::String))?,
            PageMode::Parameter => {
                if at_end || ended(call, page + 1, &former).await? {
                    break;
                }
                None
            }
        };
        if next.is_none() && pages.mode != PageMode::Parameter {
            break;
        }
    }
    Ok(items)
}

async fn ended(call: &Call<'_>, page: u32, former: &Value) -> Result<bool, NodeError> {
    let pages = &call.parameters.pagination;
    if pages.end != PageEnd::Expression || pages.end_when.trim().is_empty() {
        return Ok(false);
    }
    Ok(match resolve(call, &pages.end_when, page, former).await? {
        Value::Null | Value::Bool(false) => false,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && text != "false",
        _ => true,
    })
}

async fn changes(call: &Call<'_>, page: u32, former: &Value) -> Result<Changes, NodeError> {
    let mut changes = Changes::default();
    let pages = &call.parameters.pagination;
    if pages.mode != PageMode::Parameter {
        return Ok(changes);
    }
    for parameter in pages.parameters.iter().filter(|p| !p.name.trim().is_empty()) {
        let value = resolve(call, &parameter.value, page, former).await?;
        let place = match parameter.place {
            Place::Query => &mut changes.query,
            Place::Header => &mut changes.headers,
            Place::Body => &mut changes.body,
        };
        // Nothing (no cursor on the first page) leaves the parameter out.
        if !value.is_null() {
            place.push((parameter.name.trim().to_owned(), value));
        }
    }
    Ok(changes)
}

/// The value of an expression that is written without `={{ }}`, since it only makes sense between two pages.
async fn resolve(call: &Call<'_>, text: &str, page: u32, former: &Value) -> Result<Value, NodeError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let template = match text {
        given if given.starts_with('=') => given.to_owned(),
        given if given.contains("{{") => format!("={given}"),
        script => format!("={{{{ {script} }}}}"),
    };
    let names = Map::from_iter([("$response".to_owned(), former.clone()), ("$pageCount".to_owned(), json!(page))]);
    call.context.script.resolve(&Value::String(template), call.index, &names).await
}

/// The address of the next page, which may be relative; `None` at the end.
fn following(current: Option<Url>, given: &Value) -> Result<Option<Url>, NodeError> {
    let text = as_text(given);
    let text = text.trim();
    if text.is_empty() || given == &Value::Bool(false) {
        return Ok(None);
    }
    let joined = current.and_then(|url| url.join(text).ok()).filter(|url| matches!(url.scheme(), "http" | "https"));
    joined.map(Some).ok_or_else(|| {
        NodeError::new("url_invalid", "The next page's address is no URL. Check how the next address is found.")
    })
}

/// The target of the Link header with `rel="next"` (RFC 8288).
fn link(response: &HttpResponse) -> Option<String> {
    let header = header(response, "link")?;
    header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let parameters = parameters.trim_end().trim_end_matches(',');
        let is_next = parameters.split(';').filter_map(|p| p.trim().split_once('=')).any(|(name, value)| {
            let relations = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("next"))
        });
        is_next.then(|| target.trim().to_owned())
    })
}
