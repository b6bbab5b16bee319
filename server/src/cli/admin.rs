//! Commands for administrators and scripts. They work beside a running server.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;

use flow::Flow;
use flow::api::{NewApiKey, NewUser, Publish, Role};

use super::parts;
use crate::config::{DataOptions, check_zone};
use crate::flows;
use crate::store::{FlowFilter, FlowRow, PageOf, Store};
use crate::vault::Vault;

/// `fluxo user add EMAIL`: the password is the first line of standard input.
pub async fn add_user(data: &DataOptions, email: &str, name: &str, role: Option<Role>) -> Result<(), String> {
    if std::io::stdin().is_terminal() {
        eprint!("Password for {email}: ");
    }
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).map_err(|e| format!("The password can't be read: {e}."))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err("No password came on standard input. Use: echo 'the password' | fluxo user add EMAIL".to_owned());
    }
    let auth = parts::open(data, false).await?.auth;
    // Somebody must be able to let the others in.
    let first = auth.setup_required().await.map_err(|e| e.to_string())?;
    let role = role.unwrap_or(if first { Role::Owner } else { Role::Editor });
    let user = NewUser { email: email.to_owned(), name: name.to_owned(), password, role };
    let user = auth.add_user(user).await.map_err(|e| e.to_string())?;
    say(&format!("Added {} as {}.", user.email, user.role.as_str()))
}

/// `fluxo key add NAME`: the key alone on standard output.
pub async fn add_key(data: &DataOptions, name: &str, role: Role, days: Option<u32>) -> Result<(), String> {
    let auth = parts::open(data, false).await?.auth;
    let key = NewApiKey { name: name.to_owned(), role, expires_in_days: days };
    let created = auth.add_key(key, "command line").await.map_err(|e| e.to_string())?;
    say(&created.secret)
}

/// `fluxo vault rotate`: takes the database for itself, because a running server has the former key.
pub async fn rotate(data: &DataOptions) -> Result<(), String> {
    let store = parts::open(data, true).await?.store;
    let options = parts::vault_options(data)?;
    let done = Vault::rotate(&options, &store).await.map_err(|e| e.to_string())?;
    say(&format!("All credentials are encrypted with the key {}; {} were not before.", done.key, done.moved))?;
    say(&format!(
        "The former keys in {} open older backups. Keep a copy of them; once they are removed, everybody signs in again.",
        done.place
    ))
}

/// `fluxo import FILE`: prints the new flow's id.
pub async fn import(data: &DataOptions, file: &Path) -> Result<(), String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(|e| format!("Standard input can't be read: {e}."))?;
    } else {
        text = std::fs::read_to_string(file).map_err(|e| format!("{} can't be read: {e}.", file.display()))?;
    }
    let document: Flow = serde_json::from_str(&text)
        .map_err(|e| format!("This is not a flow: {e}. A flow is JSON as `fluxo export` writes it."))?;
    let store = parts::open(data, false).await?.store;
    let id = flows::create(&store, &document, "command line").await.map_err(|e| e.to_string())?;
    say(&id)
}

/// `fluxo export FLOW`: the draft as readable JSON.
pub async fn export(data: &DataOptions, flow: &str) -> Result<(), String> {
    let store = parts::open(data, false).await?.store;
    let row = find(&store, flow).await?;
    let document = flows::document(&row.draft).map_err(|e| e.to_string())?;
    let json = serde_json::to_string_pretty(&document).map_err(|e| format!("The flow can't be written: {e}."))?;
    say(&json)
}

/// `fluxo publish FLOW`: `zone` is the server's, of schedules that name none.
pub async fn publish(data: &DataOptions, flow: &str, zone: &str) -> Result<(), String> {
    check_zone(zone)?;
    let store = parts::open(data, false).await?.store;
    let row = find(&store, flow).await?;
    let registry = nodes::Registry::standard();
    let version = flows::publish::publish(&store, &registry, zone, &row.id, &Publish::default(), "command line").await;
    let version = version.map_err(|e| e.to_string())?;
    say(&format!("Published version {} of {}.", version.number, row.name))
}

/// A flow by id, or by name if only one has it.
async fn find(store: &Store, flow: &str) -> Result<FlowRow, String> {
    if let Ok(row) = store.flow(flow).await {
        return Ok(row);
    }
    let page = PageOf { cursor: None, limit: Some(200) };
    let filter = FlowFilter { search: Some(flow.to_owned()), page };
    let page = store.flows(filter).await.map_err(|e| e.to_string())?;
    let mut named = page.items.into_iter().filter(|row| row.name == flow);
    match (named.next(), named.next()) {
        (Some(row), None) => store.flow(&row.id).await.map_err(|e| e.to_string()),
        (Some(_), Some(_)) => Err(format!("Several flows are named '{flow}'. Use the id of the one you mean.")),
        (None, _) => Err(format!("There is no flow with the id or name '{flow}'.")),
    }
}

/// A line on standard output; a closed pipe is no error.
fn say(line: &str) -> Result<(), String> {
    let _ = writeln!(std::io::stdout(), "{line}");
    Ok(())
}
