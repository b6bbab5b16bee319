//! `fluxo doctor`: what is wrong with this installation, and what to do. It looks, and changes nothing.

use jiff::Timestamp;

use super::checks::{self, Check};
use super::parts;
use crate::certificates::Outlook;
use crate::config::{ServeOptions, check_zone};
use crate::http::assets;
use crate::store::Store;
use crate::vault::Vault;

/// What was found so far.
#[derive(Default)]
struct Report {
    wrong: u32,
}

impl Report {
    fn say(&mut self, name: &str, result: Check) {
        match result {
            Ok(fine) => println!("ok    {name}: {fine}"),
            Err(problem) => {
                self.wrong += 1;
                println!("WRONG {name}: {problem}");
            }
        }
    }
}

/// Prints a line for each thing that was looked at. An error when something must be repaired.
pub async fn run(options: ServeOptions) -> Result<(), String> {
    let mut report = Report::default();
    report.say("data folder", checks::folder(&options.data.data));
    report.say("disk", checks::space(&options.data.data));
    report.say("address", checks::address(&options));
    report.say("public address", checks::public_url(&options));
    report.say("trusted proxies", checks::proxies(&options));
    report.say("time zone", check_zone(&options.timezone).map(|()| options.timezone.clone()));
    let roots = options.signature_authorities();
    report.say("signature roots", roots.map(|own| format!("ICP-Brasil's and {} more", own.len())));
    report.say("addresses for flows", checks::allowed(&options));
    match checks::database(&options.data).await {
        Ok(None) => report.say("database", Ok("none yet; the first start of the server makes it".to_owned())),
        Err(problem) => report.say("database", Err(problem)),
        Ok(Some(store)) => {
            report.say("database", Ok(format!("{}, up to date", store.kind())));
            stored(&mut report, &options, &store).await?;
        }
    }
    report.say("folders for file nodes", checks::folders(&options));
    report.say("Code node", checks::runner().await);
    report.say("cluster", crate::cluster::examine(&options.cluster).await);
    let site = assets::manifest().url("boot.js").map(|_| "inside this program".to_owned());
    let none = || "this program was built without them. Use `cargo xtask build --release`.".to_owned();
    report.say("pages", site.ok_or_else(none));
    match report.wrong {
        0 => Ok(()),
        1 => Err("One thing needs repair; see above.".to_owned()),
        n => Err(format!("{n} things need repair; see above.")),
    }
}

/// What is in the database.
async fn stored(report: &mut Report, options: &ServeOptions, store: &Store) -> Result<(), String> {
    let key = match Vault::existing(&parts::vault_options(&options.data)?) {
        Ok(vault) => vault.verify_all(store).await,
        Err(error) => Err(error),
    };
    let opens = |count| format!("opens the {count} stored credentials");
    report.say("key", key.map(opens).map_err(|e| e.to_string()));
    let outlook = Outlook { now: Timestamp::now(), days: options.certificate_warning_days };
    let credentials = store.credentials().await.map_err(|e| e.to_string());
    report.say("certificates", credentials.and_then(|rows| checks::certificates(&rows, &outlook)));
    let users = store.users().await.map_err(|e| e.to_string());
    report.say("users", users.and_then(|users| checks::users(&users)));
    Ok(())
}
