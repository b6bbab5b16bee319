//! What most commands open: database, key, files, sign-in.

use crate::auth::Auth;
use crate::blobs::Blobs;
use crate::config::DataOptions;
use crate::store::{Store, StoreOptions};
use crate::vault::{Vault, VaultOptions};

pub struct Opened {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub auth: Auth,
}

/// Opens everything in the data folder, making what is missing. `alone`: as the server, of which SQLite allows one;
/// otherwise beside a server that may be running.
pub async fn open(options: &DataOptions, alone: bool) -> Result<Opened, String> {
    std::fs::create_dir_all(&options.data).map_err(|e| {
        let folder = options.data.display();
        format!(
            "The data folder {folder} can't be made: {e}. Choose another one with --data, or correct its permissions."
        )
    })?;
    let folder = options.data.canonicalize().map_err(|e| format!("The data folder can't be read: {e}."))?;
    let url = match &options.database_url {
        Some(url) => url.clone(),
        None => format!("sqlite://{}", folder.join("fluxo.db").display()),
    };
    let store = Store::open(&StoreOptions { alone, durable: options.durable, ..StoreOptions::new(url) })
        .await
        .map_err(|e| e.to_string())?;
    let vault = Vault::new(&vault_options(options)?).map_err(|e| e.to_string())?;
    vault.verify(&store).await.map_err(|e| e.to_string())?;
    let blobs = Blobs::open(&folder.join("blobs"), store.clone()).map_err(|e| e.to_string())?;
    if alone {
        blobs.remove_unfinished().map_err(|e| e.to_string())?;
    }
    let auth = Auth::new(store.clone(), &vault);
    Ok(Opened { store, vault, blobs, auth })
}

/// Where the key is.
pub fn vault_options(options: &DataOptions) -> Result<VaultOptions, String> {
    let folder = options.data.canonicalize().map_err(|e| format!("The data folder can't be read: {e}."))?;
    Ok(VaultOptions { key: options.key.clone(), key_file: options.key_file.clone(), folder })
}
