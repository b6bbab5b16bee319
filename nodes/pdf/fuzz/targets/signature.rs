//! Any bytes as the SignedData of a signature, in a PDF that is sound otherwise.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::VerifyOptions;

const KINDS: [&str; 5] =
    ["ETSI.CAdES.detached", "adbe.pkcs7.detached", "adbe.pkcs7.sha1", "ETSI.RFC3161", "adbe.x509.rsa_sha1"];

fuzz_target!(|data: &[u8]| {
    let Some((kind, contents)) = data.split_first() else { return };
    let file = around(KINDS[usize::from(*kind) % KINDS.len()], contents);
    let options = VerifyOptions { limits: common::limits(), ..VerifyOptions::at(common::now()) };
    let report = pdf::verify(&file, &options).expect("the file around it can be read");
    assert_eq!(report.signatures.len(), 1);
});

/// A page, a form with one field, and the signature over all of it.
fn around(kind: &str, contents: &[u8]) -> Vec<u8> {
    let hex: String = contents.iter().map(|byte| format!("{byte:02x}")).collect();
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>".to_owned(),
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/Rect[0 0 0 0]/V 5 0 R/P 3 0 R>>".to_owned(),
        format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/{kind}/ByteRange[0 AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC]/Contents<{hex}>>>"
        ),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut rows = String::new();
    for (at, object) in objects.iter().enumerate() {
        rows += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", at + 1);
    }
    let table = file.len();
    file +=
        &format!("xref\n0 6\n0000000000 65535 f \n{rows}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n");
    let start = file.find("/Contents<").expect("it is there") + 9;
    let end = start + hex.len() + 2;
    let numbers = [("AAAAAAAAAA", start), ("BBBBBBBBBB", end), ("CCCCCCCCCC", file.len() - end)];
    for (place, number) in numbers {
        file = file.replacen(place, &format!("{number:<10}"), 1);
    }
    file.into_bytes()
}
