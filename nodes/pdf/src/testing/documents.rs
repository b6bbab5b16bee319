//! Small PDFs, written by hand and changed by `qpdf`.

use super::material::{material, run, text};

/// A file of the given objects, numbered from 1 (the catalog), with a plain table.
pub fn assemble(objects: &[String]) -> Vec<u8> {
    assemble_binary(&objects.iter().map(|object| object.clone().into_bytes()).collect::<Vec<_>>())
}

/// The same for objects that are not text.
pub fn assemble_binary(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", at + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!(
            "trailer\n<</Size {size} /Root 1 0 R /Info 3 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] \
             /Fluxo (kept)>>\nstartxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    out
}

/// `count` pages with a line of text each. `page` and `catalog` are added to those dictionaries.
pub fn pages(count: usize, page: &str, catalog: &str) -> Vec<String> {
    let kids: Vec<String> = (0..count).map(|n| format!("{} 0 R", 5 + 2 * n)).collect();
    let mut objects = vec![
        format!("<</Type/Catalog /Pages 2 0 R {catalog}>>"),
        format!("<</Type/Pages /Count {count} /Kids [{}] /MediaBox [0 0 595 842]>>", kids.join(" ")),
        "<</Title (A contract \\(draft\\)) /Producer (Fluxo tests)>>".to_owned(),
        "<</Type/Font /Subtype/Type1 /BaseFont/Helvetica>>".to_owned(),
    ];
    for n in 0..count {
        let content = format!("BT /F1 24 Tf 72 720 Td (Page {}) Tj ET", n + 1);
        objects.push(format!(
            "<</Type/Page /Parent 2 0 R /Resources <</Font <</F1 4 0 R>>>> /Contents {} 0 R {page}>>",
            6 + 2 * n
        ));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    objects
}

/// Two pages and a plain table.
pub fn plain() -> Vec<u8> {
    assemble(&pages(2, "", ""))
}

/// A form with a text field and two empty signature fields: `Approval` with an area, and `Board.Chair` without.
pub fn form() -> Vec<u8> {
    form_with("/Action/Include /Fields [(City)]")
}

/// The same with another lock in `Approval`.
pub fn form_with(lock: &str) -> Vec<u8> {
    let mut objects = pages(1, "/Annots [7 0 R 8 0 R 10 0 R]", "/AcroForm <</Fields [7 0 R 8 0 R 9 0 R] /SigFlags 1>>");
    objects.push("<</Type/Annot /Subtype/Widget /FT/Tx /T (City) /V (Recife) /Rect [72 600 300 620] /P 5 0 R>>".into());
    objects.push(format!(
        "<</Type/Annot /Subtype/Widget /FT/Sig /T (Approval) /Rect [72 400 300 460] /P 5 0 R /F 4 \
         /Lock <</Type/SigFieldLock {lock}>>>>"
    ));
    objects.push("<</FT/Sig /T (Board) /Kids [10 0 R]>>".into());
    objects.push("<</Type/Annot /Subtype/Widget /T (Chair) /Parent 9 0 R /Rect [0 0 0 0] /P 5 0 R>>".into());
    assemble(&objects)
}

/// What `qpdf` makes of a file.
pub fn qpdf(input: &[u8], arguments: &[&str]) -> Vec<u8> {
    let (from, to) = (material().file(input), material().scratch());
    let mut all = arguments.to_vec();
    all.extend([text(&from), text(&to)]);
    run("qpdf", &all);
    std::fs::read(to).unwrap()
}

/// Named files of every structure that signing has to deal with, with the password that opens them.
pub fn all_kinds() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let plain = plain();
    let encrypted = |arguments: &[&str]| {
        let mut all = vec!["--allow-weak-crypto", "--encrypt", "user", "owner"];
        all.extend(arguments);
        all.push("--");
        qpdf(&plain, &all)
    };
    vec![
        ("plain table", plain.clone(), None),
        ("form", form(), None),
        ("no newline at the end", plain.trim_ascii_end().to_vec(), None),
        ("xref stream", qpdf(&plain, &["--object-streams=generate"]), None),
        ("linearized", qpdf(&plain, &["--linearize"]), None),
        ("linearized with object streams", qpdf(&plain, &["--linearize", "--object-streams=generate"]), None),
        ("indirect annotations", indirect_lists(), None),
        ("bytes before the header", [b"HTTP/1.1 200 OK\r\n\r\n", &plain[..]].concat(), None),
        ("stale entry", stale_entry(), None),
        ("lost table", lost_table(), None),
        ("lost table of an xref stream", lost_stream(), None),
        ("hybrid", hybrid(), None),
        ("RC4 40", encrypted(&["40"]), Some("user")),
        ("RC4 128", encrypted(&["128"]), Some("owner")),
        ("AES 128", encrypted(&["128", "--use-aes=y"]), Some("user")),
        ("AES 256", encrypted(&["256"]), Some("owner")),
        (
            "AES 256 in object streams",
            qpdf(&plain, &["--object-streams=generate", "--encrypt", "user", "", "256", "--allow-insecure", "--"]),
            Some("user"),
        ),
        ("AES 128, /Encrypt in the trailer", encrypt_in_trailer(&encrypted(&["128", "--use-aes=y"])), Some("user")),
        ("AES 256, /Encrypt in the trailer", encrypt_in_trailer(&encrypted(&["256"])), Some("owner")),
        ("AES 256, opens without password", qpdf(&plain, &["--encrypt", "", "owner", "256", "--"]), None),
    ]
}

/// The encryption dictionary written into the trailer instead of being an object.
pub fn encrypt_in_trailer(file: &[u8]) -> Vec<u8> {
    let reference = crate::read::find(file, b"/Encrypt ").unwrap() + 9;
    let end = reference + crate::read::find(&file[reference..], b" R").unwrap() + 2;
    let number = std::str::from_utf8(&file[reference..end]).unwrap().split(' ').next().unwrap();
    let header = format!("\n{number} 0 obj\n");
    let start = crate::read::find(file, header.as_bytes()).unwrap() + header.len();
    let length = crate::read::find(&file[start..], b"\nendobj").unwrap();
    // The trailer comes after the table, so nothing that has an offset moves.
    [&file[..reference], &file[start..start + length], &file[end..]].concat()
}

/// The lists that a signature is added to are objects of their own.
fn indirect_lists() -> Vec<u8> {
    let mut objects = pages(1, "/Annots 7 0 R", "/AcroForm 8 0 R");
    objects.push("[]".into());
    objects.push("<</Fields 9 0 R>>".into());
    objects.push("[]".into());
    assemble(&objects)
}

/// A table where a free object's entry points at the first catalog, which an update has replaced.
pub fn stale_entry() -> Vec<u8> {
    let mut out = assemble(&pages(1, "", ""));
    let old_catalog = crate::read::find(&out, b"1 0 obj").unwrap();
    let previous = crate::read::find(&out, b"xref\n").unwrap();
    let catalog = out.len();
    out.extend_from_slice(b"1 0 obj\n<</Type/Catalog /Pages 2 0 R /Lang (pt-BR)>>\nendobj\n");
    let start = out.len();
    out.extend_from_slice(
        format!(
            "xref\n1 1\n{catalog:010} 00000 n \n7 1\n{old_catalog:010} 00000 n \n\
             trailer\n<</Size 8 /Root 1 0 R /Prev {previous}>>\nstartxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    out
}

/// The table's place is wrong and the table is gone.
pub fn lost_table() -> Vec<u8> {
    let plain = plain();
    let at = crate::read::find(&plain, b"xref\n0").unwrap();
    let trailer = crate::read::find(&plain, b"trailer").unwrap();
    [&plain[..at], &plain[trailer..]].concat()
}

/// The same for a file with object streams.
fn lost_stream() -> Vec<u8> {
    let mut file = qpdf(&plain(), &["--object-streams=generate"]);
    let at = crate::read::find(&file, b"startxref\n").unwrap();
    file.truncate(at);
    file.extend_from_slice(b"startxref\n7\n%%EOF\n");
    file
}

/// A table whose trailer names a cross-reference stream for an object that the table calls free.
fn hybrid() -> Vec<u8> {
    let mut objects = pages(1, "", "");
    objects[0] = "<</Type/Catalog /Pages 2 0 R /PageLabels 8 0 R>>".into();
    let inner = "8 0 <</Nums [0 <</S/D>>]>>";
    objects.push(format!("<</Type/ObjStm /N 1 /First 4 /Length {}>>\nstream\n{inner}\nendstream", inner.len()));
    let mut out = assemble(&objects);
    let table = crate::read::find(&out, b"xref\n0").unwrap();
    out.truncate(table);
    let stream = out.len();
    let entry = [2u8, 0, 0, 0, 7, 0, 0];
    out.extend_from_slice(
        format!(
            "9 0 obj\n<</Type/XRef /Size 10 /W [1 4 2] /Index [8 1] /Root 1 0 R /Length {}>>\nstream\n",
            entry.len()
        )
        .as_bytes(),
    );
    out.extend_from_slice(&entry);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    let start = out.len();
    out.extend_from_slice(b"xref\n0 9\n0000000000 65535 f \n");
    for number in 1..=7 {
        let at = crate::read::find(&out, format!("\n{number} 0 obj").as_bytes()).unwrap() + 1;
        out.extend_from_slice(format!("{at:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(b"0000000000 00000 f \n");
    out.extend_from_slice(
        format!("trailer\n<</Size 10 /Root 1 0 R /XRefStm {stream}>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}
