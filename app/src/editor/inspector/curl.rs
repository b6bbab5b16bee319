//! Pasting a curl command into a field of an HTTP request makes the node do what the command does.

use flow::api::{CurlCommand, CurlImport, NewCredential};
use serde_json::Value;
use wasm_bindgen::JsCast;

use crate::api;
use crate::canvas::Id;
use crate::editor::state::Editor;
use crate::editor::words::Words;
use crate::i18n::fill;

/// Takes the paste over when it is a command in a line of text; other pastes stay what they are.
pub fn pasted(event: &web_sys::ClipboardEvent, editor: Editor, id: &Id) {
    let in_line = event.target().is_some_and(|t| t.dyn_ref::<web_sys::HtmlInputElement>().is_some());
    let Some(command) =
        event.clipboard_data().and_then(|d| d.get_data("text/plain").ok()).filter(|t| in_line && is_command(t))
    else {
        return;
    };
    event.prevent_default();
    event.stop_propagation();
    let id = id.clone();
    leptos::task::spawn_local(async move {
        match api::import_curl(&CurlCommand { command }).await {
            Ok(imported) => take(editor, &id, imported).await,
            Err(problem) => editor.say.problem(&problem),
        }
    });
}

fn is_command(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches("$ ");
    text.strip_prefix("curl").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

async fn take(editor: Editor, id: &Id, imported: CurlImport) {
    let w = Words::get();
    let CurlImport { parameters, credential, ignored } = imported;
    // The slot has the name of the way to sign in.
    let slot = parameters.get("authentication").and_then(Value::as_str).unwrap_or("").to_owned();
    let host = parameters.get("url").and_then(Value::as_str).unwrap_or("").split('/').nth(2).unwrap_or("").to_owned();
    let host = host.split('?').next().unwrap_or("").to_owned();
    // The password goes where nobody can read it, not into the flow.
    let stored = match credential {
        Some(found) => {
            let new = NewCredential { name: format!("{host} (curl)"), kind: found.kind, secret: found.secret };
            api::create_credential(&new).await.map(Some)
        }
        None => Ok(None),
    };
    let (stored, problem) = match stored {
        Ok(stored) => (stored, None),
        Err(problem) => (None, Some(problem)),
    };
    let chosen = stored.as_ref().map(|credential| credential.id.clone());
    editor.patch(id, None, |node| {
        node.parameters = parameters;
        if let Some(credential) = chosen {
            node.credentials.insert(slot, credential);
        }
    });
    let mut told: Vec<String> = stored.map(|c| fill(w.curl_credential, [c.name])).into_iter().collect();
    if !ignored.is_empty() {
        told.push(fill(w.curl_ignored, [ignored.join(", ")]));
    }
    editor.say.ok(w.curl_taken, told.join(" "));
    if let Some(problem) = problem {
        editor.say.problem(&problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_other_texts() {
        for text in ["curl https://example.com", " $ curl -L x", "curl\n  -X POST x"] {
            assert!(is_command(text), "{text}");
        }
        for text in ["https://example.com/curl x", "curly x", "curl", "use curl x"] {
            assert!(!is_command(text), "{text}");
        }
    }
}
