//! Commands beside a running server.

use std::io::Write;

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, document, read, refused, request, run, said};

#[test]
fn commands_work_while_the_server_runs() {
    let server = Server::start(&[]);
    let data = &server.data;
    // The first one is the owner, so that somebody manages the others.
    assert_eq!(said(&run(data, &["user", "add", "ana@example.com"], PASSWORD)), "Added ana@example.com as owner.");
    assert_eq!(said(&run(data, &["user", "add", "rui@example.com"], PASSWORD)), "Added rui@example.com as editor.");
    let again = refused(&run(data, &["user", "add", "ana@example.com"], PASSWORD));
    assert!(again.contains("Choose another address"), "{again}");
    let session = server.call("GET", "/api/v1/session", "", "").expect(200);
    assert_eq!(session["setup_required"], false);

    let key = said(&run(data, &["key", "add", "ci", "--role", "editor", "--days", "1"], ""));
    assert!(key.starts_with("fluxo_"), "{key}");
    let drawn = document("hook", 0.0);
    let flow = said(&run(data, &["import", "-"], &drawn.to_string()));
    let not_json = refused(&run(data, &["import", "-"], "no flow"));
    assert!(not_json.contains("This is not a flow"), "{not_json}");
    server.call("POST", "/webhook/hook", "", r#"{"n": 1}"#).expect(404);
    assert_eq!(said(&run(data, &["publish", "hook"], "")), "Published version 1 of hook.");
    // The running server hears of it within a moment.
    let mut answer = server.call("POST", "/webhook/hook", "", r#"{"n": 7}"#);
    while answer.status == 404 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        answer = server.call("POST", "/webhook/hook", "", r#"{"n": 7}"#);
    }
    assert_eq!(answer.expect(200), json!({"n": 7}));
    let written: Value = serde_json::from_str(&said(&run(data, &["export", &flow], ""))).unwrap();
    assert_eq!(written["edges"].as_array().unwrap().len(), 2);
    assert_eq!(server.call("GET", &format!("/api/v1/flows/{flow}"), &key, "").expect(200)["draft"], written);
    let unknown = refused(&run(data, &["export", "nothing"], ""));
    assert!(unknown.contains("no flow with the id or name 'nothing'"), "{unknown}");
    server.stop();
}

#[test]
fn a_schedule_gets_the_zone_that_publish_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = json!({
        "name": "daily",
        "nodes": [{"id": "s", "name": "Schedule", "kind": "schedule", "position": [0, 0], "parameters": {"mode": "cron", "cron": "0 9 * * *"}}],
        "edges": []
    });
    said(&run(folder.path(), &["import", "-"], &drawn.to_string()));
    let unknown = refused(&run(folder.path(), &["publish", "daily", "--timezone", "Mars/Base"], ""));
    assert!(unknown.contains("'Mars/Base' is not known"), "{unknown}");
    said(&run(folder.path(), &["publish", "daily", "--timezone", "America/Sao_Paulo"], ""));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let specs = runtime.block_on(async {
        let store = server::store::Store::open(&server::store::StoreOptions::in_folder(folder.path())).await.unwrap();
        let specs: Vec<Value> =
            store.schedules().await.unwrap().iter().map(|row| serde_json::from_str(&row.spec).unwrap()).collect();
        store.close().await;
        specs
    });
    assert_eq!((specs.len(), &specs[0]["timezone"]), (1, &json!("America/Sao_Paulo")));
}

#[test]
fn a_command_leaves_an_upload_alone() {
    let server = Server::start(&[]);
    let key = server.key();
    let mut upload = server.connect();
    upload.write_all(request("POST", "/api/v1/blobs?name=a.txt", &key, "first ", 12).as_bytes()).unwrap();
    let incoming = server.data.join("blobs/incoming");
    while std::fs::read_dir(&incoming).unwrap().next().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    said(&run(&server.data, &["key", "add", "another"], ""));
    run(&server.data, &["doctor"], "");
    upload.write_all(b"second").unwrap();
    let blob = read(upload).unwrap().expect(201);
    let path = format!("/api/v1/blobs/{}", blob["id"].as_str().unwrap());
    assert_eq!(server.call("GET", &path, &key, "").body, "first second");
}

#[test]
fn the_key_is_changed_while_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    let server = Server::on(&data, &[]);
    let key = server.key();
    let secret = json!({"name": "bank", "kind": "http_bearer", "secret": {"token": "t0ken"}}).to_string();
    server.call("POST", "/api/v1/credentials", &key, &secret).expect(201);
    let running = refused(&run(&server.data, &["vault", "rotate"], ""));
    assert!(running.contains("Another Fluxo server uses the database"), "{running}");
    server.stop();
    let told = said(&run(&data, &["vault", "rotate"], ""));
    assert!(told.starts_with("All credentials are encrypted with the key ") && told.contains("; 1 were not"), "{told}");
    // The new key alone opens what is stored.
    let text = std::fs::read_to_string(data.join("fluxo.key")).unwrap();
    let newest = text.lines().find(|line| !line.starts_with('#')).unwrap();
    std::fs::write(data.join("fluxo.key"), newest).unwrap();
    let report = run(&data, &["doctor"], "");
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(report.contains("ok    key: opens the 1 stored credentials"), "{report}");
}
