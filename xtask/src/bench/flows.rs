//! The flows and files that are measured.

use serde_json::{Value, json};

/// What the webhook gets.
pub const ORDER: &[u8] = br#"{"customer":{"name":"Ana Souza","city":"Recife"},"price":19.9,"amount":3}"#;
/// What its answer must contain: the second of the three expressions.
pub const ANSWER: &str = "Ana Souza from Recife";

fn node(id: &str, kind: &str, column: i32, parameters: Value) -> Value {
    json!({ "id": id, "name": id, "kind": kind, "position": [96 + column * 320, 192], "parameters": parameters })
}

fn chain(name: &str, nodes: Vec<Value>) -> Value {
    let edges = nodes.windows(2).map(|pair| json!({ "from": pair[0]["id"], "to": pair[1]["id"] })).collect::<Vec<_>>();
    json!({ "name": name, "nodes": nodes, "edges": edges })
}

fn webhook(path: &str) -> Value {
    node("Webhook", "webhook", 0, json!({ "path": path, "methods": ["POST"], "answer": "respond" }))
}

/// Webhook → three fields by expressions, two of them paths → respond with them.
pub fn edit(path: &str) -> Value {
    let assignments = json!([
        { "name": "name", "value": "={{ $json.body.customer.name }}" },
        { "name": "text", "value": "={{ $json.body.customer.name }} from {{ $json.body.customer.city }}" },
        { "name": "price", "value": "={{ $json.body.price }}" },
    ]);
    let edit = node("Edit", "edit_fields", 1, json!({ "assignments": assignments, "include": "none" }));
    chain(path, vec![webhook(path), edit, node("Respond", "respond", 2, json!({}))])
}

/// Webhook → sign the PDF → respond with it.
pub fn sign(path: &str, credential: &str) -> Value {
    let mut sign = node("Sign", "pdf_sign", 1, json!({}));
    sign["credentials"] = json!({ "certificate": credential });
    chain(path, vec![webhook(path), sign, node("Respond", "respond", 2, json!({ "with": "file" }))])
}

/// The same without signing: what the flow itself costs.
pub fn pass(path: &str) -> Value {
    chain(path, vec![webhook(path), node("Respond", "respond", 2, json!({ "with": "file" }))])
}

/// A manual trigger → every PDF of the folder `inbox`, signed if there is a `credential` → the folder `to`.
pub fn folder(to: &str, credential: Option<&str>) -> Value {
    let mut nodes = vec![
        node("Start", "manual", 0, json!({})),
        node("Read", "read_file", 1, json!({ "path": "inbox/*.pdf", "max_files": 10_000 })),
    ];
    if let Some(credential) = credential {
        let mut sign = node("Sign", "pdf_sign", 2, json!({}));
        sign["credentials"] = json!({ "certificate": credential });
        nodes.push(sign);
    }
    let path = format!("={to}/{{{{ $('Read').item.json.name }}}}");
    nodes.push(node("Write", "write_file", 3, json!({ "action": "file", "path": path, "existing": "replace" })));
    chain(to, nodes)
}

/// A manual trigger → a container that runs a shell's script.
pub fn container(image: &str, script: &str) -> Value {
    let words = |words: &[&str]| words.iter().map(|word| json!({ "value": word })).collect::<Vec<_>>();
    let parameters =
        json!({ "image": image, "command": words(&["sh", "-c"]), "arguments": words(&[script]), "output": "text" });
    chain("container", vec![node("Start", "manual", 0, json!({})), node("Job", "kubernetes_job", 1, parameters)])
}

/// `count` nodes in rows of 40 behind a manual trigger; every node leads to the next, and every tenth also to one further on.
pub fn large(count: usize) -> Value {
    let name = |index: usize| format!("Node {index}");
    let nodes = (0..count).map(|index| {
        let kind = if index == 0 { "manual" } else { "no_operation" };
        let position = [96 + (index % 40) as i32 * 320, 96 + (index / 40) as i32 * 112];
        json!({ "id": name(index), "name": name(index), "kind": kind, "position": position })
    });
    let edges = (1..count).flat_map(|index| {
        let further = (index % 10 == 0 && index + 40 < count).then_some(index + 40);
        let next = json!({ "from": name(index - 1), "to": name(index) });
        [Some(next), further.map(|further| json!({ "from": name(index), "to": name(further) }))].into_iter().flatten()
    });
    json!({ "name": format!("{count} nodes"), "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>() })
}

/// A one-page PDF of about `size` bytes.
pub fn pdf(size: usize) -> Vec<u8> {
    pages(1, size)
}

/// A PDF of `count` pages, each of about `size` bytes.
pub fn pages(count: usize, size: usize) -> Vec<u8> {
    let stream = format!("BT /F1 24 Tf 72 760 Td (Contract) Tj ET\n{}", "0 0 m 1 1 l n\n".repeat(size / 14));
    let kids = (0..count).map(|page| format!("{} 0 R", 4 + 2 * page)).collect::<Vec<_>>().join(" ");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for page in 0..count {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * page
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}endstream", stream.len()));
    }
    let mut pdf = "%PDF-1.7\n".to_owned();
    let mut rows = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        rows += &format!("{:010} 00000 n \n", pdf.len());
        pdf += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (start, count) = (pdf.len(), objects.len() + 1);
    pdf += &format!("xref\n0 {count}\n{rows}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    pdf.into_bytes()
}
