//! `fluxo selftest` and `fluxo healthy`, which the chart and the image use.

use serde_json::json;

use crate::support::{Server, fluxo, free_port, refused, run, said};

#[test]
fn a_flow_runs_and_nothing_of_it_stays() {
    let server = Server::start(&[]);
    let key = server.key();
    let url = format!("http://127.0.0.1:{}/", server.port);
    let lines = said(&run(&server.data, &["selftest", "--url", &url], ""));
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        ["ok    made a flow", "ok    published it", "ok    its webhook ran and answered", "ok    removed the flow"]
    );
    for list in ["flows", "runs"] {
        let left = server.call("GET", &format!("/api/v1/{list}"), &key, "").expect(200);
        assert_eq!(left["items"], json!([]), "{list}");
    }
    let keys = server.call("GET", "/api/v1/keys", &key, "").expect(200);
    assert_eq!(keys["items"].as_array().map(Vec::len), Some(1), "{keys}");
    server.stop();
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    let said = refused(&run(folder.path(), &["selftest", "--url", &url], ""));
    assert!(said.contains(&format!("POST {url}/api/v1/flows failed: ")), "{said}");
}

#[test]
fn healthy_is_what_the_server_says() {
    let server = Server::start(&[]);
    let ask = |port: u16| fluxo(&["healthy", "--listen", &format!("0.0.0.0:{port}")]).output().unwrap();
    said(&ask(server.port));
    let nobody = refused(&ask(free_port()));
    assert!(nobody.contains("/health/ready does not answer: "), "{nobody}");
    server.stop();
}
