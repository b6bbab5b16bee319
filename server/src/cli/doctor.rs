//! `fluxo doctor`: what is wrong with this installation, and what to do.

use std::path::{Path, PathBuf};

use super::parts;
use crate::config::ServeOptions;
use crate::http::assets;

/// Prints a line for each thing that was looked at. An error when something must be repaired.
pub async fn run(options: ServeOptions) -> Result<(), String> {
    let mut bad = 0;
    let mut say = |name: &str, result: Result<String, String>| match result {
        Ok(fine) => println!("ok    {name}: {fine}"),
        Err(problem) => {
            bad += 1;
            println!("WRONG {name}: {problem}");
        }
    };
    say("data folder", folder(&options.data.data));
    say("address", address(&options));
    say("time zone", zone(&options.timezone));
    match parts::open(&options.data, false).await {
        Ok(opened) => {
            say("database", Ok(format!("{}, opened and up to date", opened.store.kind())));
            say("key", Ok("opens the stored credentials".to_owned()));
            let users = opened.auth.users().await.map_err(|e| e.to_string());
            say(
                "users",
                users.and_then(|users| match users.len() {
                    0 => Err("there is nobody who could sign in. Open the page, or use `fluxo user add`.".to_owned()),
                    n => Ok(n.to_string()),
                }),
            );
        }
        Err(problem) => say("database and key", Err(problem)),
    }
    let folders = options.file_folders().map_err(|e| format!("the default one can't be made: {e}."));
    say("folders for file nodes", folders.and_then(|folders| usable(&folders)));
    let site = assets::manifest().url("boot.js").map(|_| "inside this program".to_owned());
    say(
        "pages",
        site.ok_or_else(|| "this program was built without them. Use `cargo xtask build --release`.".to_owned()),
    );
    match bad {
        0 => Ok(()),
        1 => Err("One thing needs repair; see above.".to_owned()),
        n => Err(format!("{n} things need repair; see above.")),
    }
}

fn folder(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let test = path.join(".doctor");
    std::fs::create_dir_all(path).map_err(|e| format!("{shown} can't be made: {e}. Correct its permissions."))?;
    std::fs::write(&test, b"x").map_err(|e| format!("{shown} can't be written: {e}. Correct its permissions."))?;
    let _ = std::fs::remove_file(test);
    Ok(format!("{shown} can be written"))
}

fn address(options: &ServeOptions) -> Result<String, String> {
    match std::net::TcpListener::bind(options.listen) {
        Ok(_) => Ok(format!("{} is free", options.listen)),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{} is in use; fine if that is Fluxo, otherwise choose another with --listen", options.listen))
        }
        Err(e) => Err(format!("{} can't be listened on: {e}. Choose another one with --listen.", options.listen)),
    }
}

fn usable(folders: &[PathBuf]) -> Result<String, String> {
    for folder in folders {
        let shown = folder.display();
        if !folder.is_absolute() {
            return Err(format!("{shown} is not an absolute path. Write it whole in --files."));
        }
        if !folder.is_dir() {
            return Err(format!("{shown} is no folder. Make it, or correct --files."));
        }
    }
    let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Ok(names.join(", "))
}

fn zone(name: &str) -> Result<String, String> {
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(format!("'{name}' is not known. Use a name such as America/Sao_Paulo in --timezone.")),
    }
}
