//! Any bytes as the answer of a time-stamping authority.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pdf::StampRequest;

static REQUEST: LazyLock<StampRequest> =
    LazyLock::new(|| StampRequest::new(&[b"what is stamped"], *b"fluxofuz", "").expect("it is a request"));

fuzz_target!(|data: &[u8]| {
    if let Ok(stamp) = REQUEST.token(data, &[]) {
        // What is in it was signed, so only the one answer that is a seed gets here, and what may be around it.
        assert_eq!(stamp.authority, "Carimbo de Teste");
    }
});
