//! Merging as the node does it.

use serde_json::json;

use crate::testing::{Bench, fields, outcome};
use pdf::testing::documents;
use pdf::testing::material::{ana, now};

fn bench() -> Bench {
    Bench::new("pdf_merge").items(json!([{}, {}])).file(0, "data", "a.pdf", "application/pdf", documents::plain()).file(
        1,
        "data",
        "b.pdf",
        "application/pdf",
        documents::form(),
    )
}

#[tokio::test]
async fn the_files_of_all_items_become_one() {
    let (result, world) = bench().parameters(json!({"output": "whole", "title": "Both"})).run_in().await;
    let output = outcome(result);
    assert_eq!(fields(&output, "out")[0]["merged"], json!({"pages": 3, "files": 2, "warnings": []}));
    let (_, batch) = &output.ports[0];
    assert_eq!(batch.origins(0).len(), 2);
    let blob = &batch.items[0].binary["whole"];
    assert_eq!(blob.file_name, "a-merged.pdf");
    let info = pdf::info(&world.content(blob), None, &pdf::Limits::default()).unwrap();
    assert_eq!((info.pages, info.metadata["title"].as_str(), info.fields.len()), (Some(3), "Both", 3));
}

#[tokio::test]
async fn the_item_that_cannot_be_merged_is_named() {
    let error = |bench: Bench| async move { bench.run().await.map(|_| ()).unwrap_err() };
    let bad = error(bench().file(1, "data", "b.pdf", "application/pdf", "hello")).await;
    assert_eq!((bad.code.as_str(), bad.item), ("pdf_not_a_pdf", Some(1)));
    let missing = error(bench().parameters(json!({"file": "data, more"}))).await;
    assert_eq!((missing.code.as_str(), missing.item), ("file_missing", Some(0)));
    let signed = pdf::sign(&documents::plain(), ana(), &pdf::SignOptions::default(), now()).unwrap().pdf;
    let refused = error(bench().file(1, "data", "b.pdf", "application/pdf", signed.clone())).await;
    assert_eq!((refused.code.as_str(), refused.item), ("pdf_signed", Some(1)));
    let lose = bench().file(1, "data", "b.pdf", "application/pdf", signed).parameters(json!({"signed": "lose"}));
    let output = outcome(lose.run().await);
    assert_eq!(fields(&output, "out")[0]["merged"]["warnings"][0]["code"], "pdf_signatures_removed");
}
