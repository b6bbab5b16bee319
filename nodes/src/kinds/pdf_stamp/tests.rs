//! Stamping as the node does it.

use serde_json::{Value, json};

use super::colour;
use crate::testing::{Bench, fields, outcome};
use pdf::testing::{documents, pictures};

async fn stamped(parameters: Value) -> Result<(Value, String), String> {
    let bench = Bench::new("pdf_stamp")
        .parameters(parameters)
        .items(json!([{"number": 7}]))
        .file(0, "data", "a.pdf", "application/pdf", documents::plain())
        .file(0, "image", "logo.png", "image/png", pictures::png_with_transparency());
    let (result, world) = bench.run_in().await;
    let output = outcome(Ok(result.map_err(|e| e.code)?));
    let pdf = world.content(&output.ports[0].1.items[0].binary["data"]);
    let text = pdf::tools::text(&pdf, &pdf::tools::TextOptions::default()).unwrap().whole();
    Ok((fields(&output, "out")[0].clone(), text))
}

#[tokio::test]
async fn texts_pictures_and_codes() {
    let (_, text) = stamped(json!({"text": "Nº {page}/{pages}"})).await.unwrap();
    assert!(text.contains("Nº 1/2") && text.contains("Nº 2/2"), "{text}");
    let (_, text) =
        stamped(json!({"text": "={{ $json.number }}", "pages": "1", "place": "middle", "rotate": 45})).await.unwrap();
    assert_eq!(text.matches('7').count(), 1, "{text}");
    let (item, _) = stamped(json!({"what": "picture", "opacity": 20, "property": "stamp"})).await.unwrap();
    assert_eq!(item["stamp"], json!({"warnings": []}));
    stamped(json!({"what": "qr", "text": "https://example.org", "width": 25, "height": 25})).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_stamped() {
    let check = async |parameters: Value, code: &str| assert_eq!(stamped(parameters).await.unwrap_err(), code);
    check(json!({"text": " "}), "pdf_nothing_to_stamp").await;
    check(json!({"colour": "reddish"}), "parameter_invalid").await;
    check(json!({"what": "picture", "picture": "other"}), "file_missing").await;
    check(json!({"what": "picture", "picture": ""}), "file_missing").await;
    check(json!({"what": "picture", "picture": "data"}), "pdf_image").await;
    check(json!({"place": "measured", "left": 500}), "pdf_outside_page").await;
}

#[test]
fn colours() {
    assert_eq!(colour(" #ff0033 ").unwrap(), [1.0, 0.0, 0.2]);
    assert_eq!(colour("f03").unwrap(), [1.0, 0.0, 0.2]);
    for wrong in ["", "#12", "#ggg", "#1234567", "ção"] {
        assert_eq!(colour(wrong).unwrap_err().code, "parameter_invalid");
    }
}
