//! Filling in a form as the node does it.

use serde_json::{Value, json};

use crate::testing::{Bench, outcome};
use pdf::testing::documents;

async fn city(parameters: Value, item: Value) -> Result<String, String> {
    let bench = Bench::new("pdf_fill").parameters(parameters).items(json!([item]));
    let bench = bench.file(0, "data", "form.pdf", "application/pdf", documents::form());
    let (result, world) = bench.run_in().await;
    let output = outcome(Ok(result.map_err(|e| e.code)?));
    let item = output.ports[0].1.items[0].clone();
    assert_eq!(item.binary["data"].file_name, "form-filled.pdf");
    let pdf = world.content(&item.binary["data"]);
    Ok(pdf::tools::text(&pdf, &pdf::tools::TextOptions::default()).unwrap().whole())
}

#[tokio::test]
async fn values_listed_or_of_the_item() {
    let listed = json!({"fields": [{"name": "City", "value": "={{ $json.city }}"}]});
    assert!(city(listed, json!({"city": "Olinda"})).await.unwrap().contains("Olinda"));
    let item = json!({"form": {"City": 2026, "Other": true}});
    let object = json!({"source": "item", "allow_unknown": true, "flatten": true});
    assert!(city(object, item.clone()).await.unwrap().contains("2026"));
    assert_eq!(city(json!({"source": "item"}), item).await.unwrap_err(), "pdf_field_missing");
    assert_eq!(city(json!({"source": "item", "object": "x"}), json!({})).await.unwrap_err(), "field_missing");
}
