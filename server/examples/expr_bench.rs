//! What expressions cost: `cargo run --release -p server --example expr_bench` prints one JSON object.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use flow::expression::{Lookup, Path, Pick};
use flow::{Batch, Flow, Item, Node, TriggerKind};
use serde_json::{Map, Value, json};
use server::script::{Compiled, Engine, EngineOptions, History, NodeRun, Scope};

struct Nothing;

impl History for Nothing {
    fn runs_of(&self, _: &str) -> Vec<NodeRun> {
        Vec::new()
    }
    fn paired(&self, _: &str, _: usize, _: usize) -> Result<Arc<Item>, String> {
        Err("There is no history in this measurement.".into())
    }
}

struct One(Item);

impl Lookup for One {
    fn input(&self, _: Pick) -> Option<&Item> {
        Some(&self.0)
    }
    fn node(&self, _: &str, _: Pick) -> Result<Option<Arc<Item>>, String> {
        Ok(None)
    }
    fn global(&self, _: &str) -> Option<Value> {
        None
    }
}

fn item(n: usize) -> Item {
    Item::from_value(
        json!({ "name": "Ana", "n": n, "customer": { "address": { "city": "Recife" } }, "list": [1, 2, { "deep": true }] }),
    )
}

fn scope(count: usize) -> Arc<Scope> {
    Arc::new(Scope {
        flow: Arc::new(Flow::default()),
        flow_id: "f".into(),
        run_id: "r".into(),
        mode: TriggerKind::Manual,
        node: Arc::new(Node::default()),
        run_index: 0,
        inputs: vec![Some(Batch::same((0..count).map(item).collect()))],
        previous: None,
        vars: Arc::default(),
        timezone: "UTC".into(),
        now: jiff::Timestamp::now(),
        history: Arc::new(Nothing),
    })
}

/// Nanoseconds for each of `count` items, the best of five rounds.
async fn resolve(engine: &Engine, template: &str, count: usize) -> f64 {
    let compiled = Compiled::parameters(&Map::from_iter([("a".to_owned(), json!(template))]));
    let scope = scope(count);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begun = Instant::now();
        let values = black_box(compiled.resolve_all(engine, &scope).await);
        assert!(values.iter().all(Result::is_ok), "{:?}", values.iter().find(|v| v.is_err()));
        best = best.min(begun.elapsed().as_nanos() as f64 / count as f64);
    }
    best
}

#[tokio::main]
async fn main() {
    let engine = Engine::start(EngineOptions::default());
    let path = Path::parse("$json.customer.address.city").expect("a plain path");
    let (one, rounds) = (One(item(1)), 1_000_000u32);
    let begun = Instant::now();
    for _ in 0..rounds {
        let _ = black_box(path.value(&one));
    }
    let path_ns = begun.elapsed().as_nanos() as f64 / f64::from(rounds);
    let cold = Instant::now();
    resolve(&engine, "={{ 1 + 1 }}", 1).await;
    let cold_us = cold.elapsed().as_micros();
    let result = json!({
        "path_ns": path_ns.round(),
        "parameter_with_path_ns": resolve(&engine, "={{ $json.customer.address.city }}", 10_000).await.round(),
        "text_with_two_paths_ns": resolve(&engine, "=Dear {{ $json.name }} from {{ $json.customer.address.city }}", 10_000).await.round(),
        "javascript_us": (resolve(&engine, "={{ 1 + 1 }}", 10_000).await / 10.0).round() / 100.0,
        "javascript_over_json_us": (resolve(&engine, "={{ $json.n * 2 + $json.list.length }}", 10_000).await / 10.0).round() / 100.0,
        "javascript_date_us": (resolve(&engine, "={{ $now.plus({ days: $json.n % 30 }).toFormat('yyyy-MM-dd') }}", 10_000).await / 10.0).round() / 100.0,
        "javascript_one_item_us": (resolve(&engine, "={{ $json.n * 2 }}", 1).await / 10.0).round() / 100.0,
        "first_javascript_of_a_flow_us": cold_us,
    });
    println!("{result}");
}
