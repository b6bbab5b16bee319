//! Splitting, reading and telling of PDFs as the nodes do it.

use serde_json::{Value, json};

use crate::testing::{Bench, fields, outcome};
use pdf::testing::documents::{assemble, pages};

fn bench(kind: &str, parameters: Value) -> Bench {
    let bench = Bench::new(kind).parameters(parameters).items(json!([{"id": 7}]));
    bench.file(0, "data", "book.pdf", "application/pdf", assemble(&pages(3, "", "")))
}

#[tokio::test]
async fn parts_are_items_with_their_pages() {
    let output = outcome(bench("pdf_split", json!({})).run().await);
    let items = &output.ports[0].1.items;
    let names: Vec<&str> = items.iter().map(|item| item.binary["data"].file_name.as_str()).collect();
    assert_eq!(names, ["book-1.pdf", "book-2.pdf", "book-3.pdf"]);
    assert_eq!(fields(&output, "out")[1], json!({"id": 7, "part": {"number": 2, "pages": [2], "warnings": []}}));
    let output = outcome(bench("pdf_split", json!({"mode": "every", "every": 2})).run().await);
    assert_eq!(output.ports[0].1.items[0].binary["data"].file_name, "book-1-2.pdf");
    let output = outcome(bench("pdf_split", json!({"mode": "ranges", "pages": "3-2,1"})).run().await);
    assert_eq!(fields(&output, "out")[0]["part"]["pages"], json!([3, 2]));
}

#[tokio::test]
async fn what_cannot_be_split_or_read() {
    for kind in ["pdf_split", "pdf_text", "pdf_info", "pdf_stamp", "pdf_fill"] {
        let check = async |bench: Bench, code: &str| assert_eq!(bench.run().await.unwrap_err().code, code, "{kind}");
        let with = |content: &'static str| bench(kind, json!({})).file(0, "data", "x", "application/pdf", content);
        check(with(""), "pdf_empty").await;
        check(with("hello"), "pdf_not_a_pdf").await;
        check(bench(kind, json!({"file": "other"})), "file_missing").await;
    }
    for kind in ["pdf_split", "pdf_text", "pdf_stamp"] {
        let beyond = bench(kind, json!({"mode": "pages", "pages": "9"}));
        assert_eq!(beyond.run().await.unwrap_err().code, "pdf_page_beyond", "{kind}");
    }
}

#[tokio::test]
async fn text_and_facts() {
    let output = outcome(bench("pdf_text", json!({"pages": "2-3"})).run().await);
    let found = &fields(&output, "out")[0]["pdf"];
    let pages = json!([{"page": 2, "text": "Page 2"}, {"page": 3, "text": "Page 3"}]);
    assert_eq!(*found, json!({"text": "Page 2\n\nPage 3", "pages": pages, "page_count": 3, "warnings": []}));
    let output = outcome(bench("pdf_info", json!({"property": "facts"})).run().await);
    let found = &fields(&output, "out")[0]["facts"];
    assert_eq!((&found["pages"], &found["sizes"][0]), (&json!(3), &json!([209.9, 297.0])));
    assert_eq!(found["metadata"]["title"], "A contract (draft)");
}
