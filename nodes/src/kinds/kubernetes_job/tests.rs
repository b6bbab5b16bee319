use flow::BlobRef;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Bench, fields, lock, outcome};
use crate::world::JobResult;

fn bench(parameters: Value) -> Bench {
    Bench::new("kubernetes_job").parameters(json!({"image": "example/tool:1", "add_job": false})).parameters(parameters)
}

fn wrote(text: &str) -> impl Fn(&ContainerJob) -> Result<JobResult, NodeError> + Send + Sync + 'static {
    let result = JobResult { text: text.to_owned(), ..JobResult::default() };
    move |_| Ok(result.clone())
}

#[tokio::test]
async fn one_container_for_all_items_or_one_for_each() {
    let items = json!([{"n": 1}, {"n": 2}]);
    let (result, world) = bench(json!({})).items(items.clone()).container(wrote("[{\"a\":1},2]")).run_in().await;
    let output = outcome(result);
    assert_eq!(fields(&output, "out"), json!([{"a": 1}, {"value": 2}]));
    assert_eq!(output.ports[0].1.origins(0).len(), 2);
    let ran = lock(&world.jobs).clone();
    assert_eq!((ran.len(), ran[0].0, ran[0].1.input.as_deref()), (1, 0, Some(&br#"[{"n":1},{"n":2}]"#[..])));
    let each = json!({"mode": "each_item", "arguments": [{"value": "={{ $json.n }}"}]});
    let (result, world) = bench(each).items(items).container(wrote("{}")).run_in().await;
    assert_eq!(fields(&outcome(result), "out"), json!([{}, {}]));
    let mut ran = lock(&world.jobs).clone();
    ran.sort_by_key(|(part, _)| *part);
    let seen: Vec<_> =
        ran.iter().map(|(part, job)| (*part, job.arguments[0].as_str(), job.input.clone().unwrap())).collect();
    assert_eq!(seen, [(0, "1", "{\"n\":1}".into()), (1, "2", "{\"n\":2}".into())]);
}

#[tokio::test]
async fn an_item_whose_container_fails_does_not_stop_the_others() {
    let run = |job: &ContainerJob| match job.arguments[0].as_str() {
        "2" => Err(NodeError::new("job_exit_code", "It ended with 1.")),
        _ => Ok(JobResult { text: "{}".into(), ..JobResult::default() }),
    };
    let each = json!({"mode": "each_item", "arguments": [{"value": "={{ $json.n }}"}]});
    let output =
        outcome(bench(each).items(json!([{"n": 1}, {"n": 2}, {"n": 3}])).container(run).keep_going().run().await);
    assert_eq!((output.failed.len(), output.failed[0].item), (1, 1));
    assert_eq!(fields(&output, "out"), json!([{}, {}]));
}

#[tokio::test]
async fn files_go_in_and_come_out() {
    let kept = BlobRef { id: "b".into(), file_name: "sum.csv".into(), mime: "text/csv".into(), size: 4 };
    let files = vec![("out/sum.csv".to_owned(), kept)];
    let result = JobResult { files, cut: true, ..JobResult::default() };
    let parameters = json!({"give_files": true, "give_items": false, "output": "files"});
    let (result, world) = bench(parameters)
        .items(json!([{}]))
        .file(0, "data", "../in/a.pdf", "application/pdf", "x")
        .container(move |_| Ok(result.clone()))
        .run_in()
        .await;
    let output = outcome(result);
    assert_eq!(fields(&output, "out"), json!([{"path": "out/sum.csv", "name": "sum.csv", "size": 4}]));
    assert_eq!(output.ports[0].1.items[0].binary["data"].id, "b");
    let job = lock(&world.jobs)[0].1.clone();
    assert_eq!((job.files[0].0.as_str(), job.keep_files, job.input), ("0/data/_in_a.pdf", true, None));
}

#[tokio::test]
async fn facts_about_the_job_and_its_log_come_along() {
    let log = BlobRef { id: "l".into(), file_name: "j.log".into(), mime: "text/plain".into(), size: 4 };
    let result = JobResult {
        job: "j".into(),
        text: "hi\n".into(),
        node: "m".into(),
        attempt: 2,
        duration: Duration::from_secs(3),
        log: Some(log),
        ..JobResult::default()
    };
    let parameters = json!({"output": "text", "add_job": true});
    let output = outcome(bench(parameters).items(json!([{}])).container(move |_| Ok(result.clone())).run().await);
    let job = json!({"name": "j", "exit_code": 0, "duration_ms": 3000, "node": "m", "attempt": 2});
    assert_eq!(fields(&output, "out"), json!([{"text": "hi", "job": job}]));
    assert_eq!(output.ports[0].1.items[0].binary["log"].id, "l");
}

#[tokio::test]
async fn secrets_go_as_secrets() {
    let parameters = json!({"credentials": "one", "environment": [{"name": "A", "value": "1"}],
        "secret_environment": [{"name": "PGPASSWORD", "field": "password"}]});
    let run =
        bench(parameters.clone()).items(json!([{}])).secret("credential", "http_basic", json!({"password": "p4ss"}));
    let (result, world) = run.run_in().await;
    result.unwrap();
    let job = lock(&world.jobs)[0].1.clone();
    assert_eq!(job.environment, [("A".to_owned(), "1".to_owned())]);
    assert_eq!(job.secret_environment, [("PGPASSWORD".to_owned(), "p4ss".to_owned())]);
    let lacking = bench(parameters).items(json!([{}])).secret("credential", "http_bearer", json!({"token": "t"}));
    assert_eq!(lacking.run().await.unwrap_err().code, "credential_field_missing");
}

#[tokio::test]
async fn what_does_not_fit_is_said_before_anything_runs() {
    let check = async |parameters: Value, code: &str| {
        let (result, world) = bench(parameters.clone()).items(json!([{}])).run_in().await;
        assert_eq!(result.unwrap_err().code, code, "{parameters}");
        assert!(lock(&world.jobs).is_empty());
    };
    check(json!({"image": " "}), "parameter_missing").await;
    check(json!({"memory_limit": "lots"}), "parameter_invalid").await;
    check(json!({"environment": [{"name": "1 A", "value": ""}]}), "parameter_invalid").await;
    check(json!({"credentials": "one"}), "credential_missing").await;
}

#[test]
fn quantities() {
    for good in ["", "1", "0.5", "500m", "2Gi", "100M", " 1Ki "] {
        assert!(is_quantity(good), "{good}");
    }
    for bad in ["0", "-1", "1 Gi", "1GB", "m", "1e400", "NaN"] {
        assert!(!is_quantity(bad), "{bad}");
    }
}

#[test]
fn a_drawn_node_is_checked() {
    let node = bench(json!({"image": "my image", "cpu_limit": "much", "memory_limit": "={{ $json.memory }}"})).node;
    let found = KubernetesJob.check(&node);
    let found: Vec<_> = found.iter().map(|f| f.pointer.as_deref().unwrap()).collect();
    assert_eq!(found, ["/cpu_limit", "/image"]);
}
