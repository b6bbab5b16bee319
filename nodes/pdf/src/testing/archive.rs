//! Small PDF/A files (ISO 19005): metadata that say so, and an output intent with a colour profile.

use super::documents::assemble_binary;

/// One page with a coloured rectangle, claiming PDF/A of this part and conformance, such as 2 and `B`.
pub fn pdf_a(part: u8, conformance: &str) -> Vec<u8> {
    let content = "0.2 0.3 0.4 rg 72 600 300 100 re f";
    let metadata = metadata(part, conformance);
    let stream = |dictionary: &str, content: &[u8]| {
        let mut out = format!("<<{dictionary} /Length {}>>\nstream\n", content.len()).into_bytes();
        out.extend_from_slice(content);
        out.extend_from_slice(b"\nendstream");
        out
    };
    assemble_binary(&[
        b"<</Type/Catalog /Pages 2 0 R /Metadata 6 0 R /OutputIntents [7 0 R]>>".to_vec(),
        b"<</Type/Pages /Count 1 /Kids [4 0 R]>>".to_vec(),
        b"<</Title (Archive) /Producer (Fluxo tests)>>".to_vec(),
        b"<</Type/Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>> /Contents 5 0 R>>".to_vec(),
        stream("", content.as_bytes()),
        stream("/Type/Metadata /Subtype/XML", metadata.as_bytes()),
        b"<</Type/OutputIntent /S/GTS_PDFA1 /OutputConditionIdentifier (Test RGB) /Info (Test RGB) /DestOutputProfile 8 0 R>>"
            .to_vec(),
        stream("/N 3", &profile()),
    ])
}

fn metadata(part: u8, conformance: &str) -> String {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" pdfaid:part=\"{part}\" \
         pdfaid:conformance=\"{conformance}\"/>\n\
         <rdf:Description rdf:about=\"\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" pdf:Producer=\"Fluxo tests\"/>\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title><rdf:Alt>\
         <rdf:li xml:lang=\"x-default\">Archive</rdf:li></rdf:Alt></dc:title></rdf:Description>\n\
         </rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

/// A colour profile (ICC.1:2001) of three primaries and a gamma.
fn profile() -> Vec<u8> {
    let number = |value: f64| ((value * 65536.0).round() as i32).to_be_bytes();
    let xyz = |values: [f64; 3]| [&b"XYZ \0\0\0\0"[..], &values.map(number).concat()].concat();
    // One entry of a curve is a gamma, with eight bits after the point.
    let gamma = [&b"curv\0\0\0\0\0\0\0\x01"[..], &[2, 51, 0, 0]].concat();
    let mut name = b"desc\0\0\0\0\0\0\0\x09Test RGB\0".to_vec();
    name.resize(name.len() + 78, 0);
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", name),
        (b"cprt", b"text\0\0\0\0None\0".to_vec()),
        (b"wtpt", xyz([0.9642, 1.0, 0.8249])),
        (b"rXYZ", xyz([0.4361, 0.2225, 0.0139])),
        (b"gXYZ", xyz([0.3851, 0.7169, 0.0971])),
        (b"bXYZ", xyz([0.1431, 0.0606, 0.7141])),
        (b"rTRC", gamma.clone()),
        (b"gTRC", gamma.clone()),
        (b"bTRC", gamma),
    ];
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    for (tag, value) in tags {
        table.extend_from_slice(tag);
        table.extend_from_slice(&((start + data.len()) as u32).to_be_bytes());
        table.extend_from_slice(&(value.len() as u32).to_be_bytes());
        data.extend_from_slice(&value);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut profile = vec![0; 128];
    profile[..4].copy_from_slice(&((start + data.len()) as u32).to_be_bytes());
    profile[8..12].copy_from_slice(&[2, 0x10, 0, 0]);
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    // A date, the signature of the format, and the light that everything is measured under.
    profile[24..36].copy_from_slice(&[7, 234, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    profile[36..40].copy_from_slice(b"acsp");
    profile[68..80].copy_from_slice(&[0.9642, 1.0, 0.8249].map(number).concat());
    [profile, table, data].concat()
}
