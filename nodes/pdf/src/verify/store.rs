//! What a document brings along for validating it: certificates, revocation lists and answers of its
//! security store (DSS, EN 319 142-1 5.4).

use lopdf::Object;
use lopdf::xref::XrefEntry;

use crate::read::Pdf;

/// The store's contents, in DER.
#[derive(Debug, Default)]
pub struct Store {
    pub certificates: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
    /// Where the first list or answer stands in the file.
    pub first_evidence: Option<usize>,
}

/// More streams of a kind than this are not read.
const MOST: usize = 1000;
/// Nor is more than this of all of them.
const MOST_BYTES: usize = 128 << 20;

impl Store {
    pub fn of(pdf: &Pdf<'_>) -> Self {
        let mut store = Self::default();
        let Some(dss) = pdf.catalog().ok().and_then(|catalog| pdf.dictionary(catalog, b"DSS")) else { return store };
        let mut left = MOST_BYTES;
        let mut first: Option<usize> = None;
        for (key, list) in [("Certs", &mut store.certificates), ("CRLs", &mut store.crls), ("OCSPs", &mut store.ocsps)]
        {
            for entry in pdf.array(dss, key.as_bytes()).into_iter().flatten().take(MOST) {
                let Object::Stream(stream) = pdf.resolve(entry) else { continue };
                let content = if stream.dict.has(b"Filter") {
                    stream.decompressed_content_with_limit(left).unwrap_or_default()
                } else {
                    stream.content.clone()
                };
                let Some(rest) = left.checked_sub(content.len()) else { break };
                left = rest;
                list.push(content);
                if key != "Certs" {
                    let at = entry.as_reference().ok().and_then(|(number, _)| offset(pdf, number));
                    first = [first, at].into_iter().flatten().min();
                }
            }
        }
        store.first_evidence = first;
        store
    }
}

fn offset(pdf: &Pdf<'_>, number: u32) -> Option<usize> {
    let at = pdf.entries.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    match pdf.entries[at].1 {
        XrefEntry::Normal { offset, .. } => Some(pdf.base + offset as usize),
        _ => None,
    }
}
