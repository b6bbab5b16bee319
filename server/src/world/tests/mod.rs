//! HTTP against real servers on this machine, files in real folders, blobs in a real store.

mod files;
mod http;
mod tls;

use std::sync::Arc;

use nodes::world::Blobs as _;

use super::*;
use crate::blobs::Blobs;
use crate::store::{Store, StoreOptions};

/// A blob store in a folder of its own, which lives as long as this.
pub(super) struct Place {
    pub folder: tempfile::TempDir,
    pub blobs: Arc<RunBlobs>,
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreOptions::in_folder(folder.path())).await.unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs"), store).unwrap();
        Self { folder, blobs: Arc::new(RunBlobs::new(blobs, None)) }
    }

    pub async fn blob(&self, name: &str, content: &'static [u8]) -> flow::BlobRef {
        self.blobs.write(name, "text/plain", bytes::Bytes::from_static(content)).await.unwrap()
    }

    pub async fn text(&self, blob: &flow::BlobRef) -> String {
        String::from_utf8(self.blobs.read(blob, 1 << 20).await.unwrap().to_vec()).unwrap()
    }
}

#[test]
fn chance_is_between_0_and_1() {
    use nodes::world::Clock as _;
    let numbers: Vec<f64> = (0..1000).map(|_| SystemClock.random()).collect();
    assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
    assert!(numbers.iter().any(|n| *n < 0.5) && numbers.iter().any(|n| *n > 0.5));
}
