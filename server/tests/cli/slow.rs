//! Clients that are slow or silent hold nothing for long; streams of events may be silent.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::{Server, document, request};

/// Whatever comes until the server ends the connection.
fn until_closed(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the server keeps the connection"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn headers_bodies_and_silence_have_an_end() {
    let server = Server::start(&["--idle", "1"]);
    let key = server.key();
    // Nothing at all, and half a header.
    assert_eq!(until_closed(server.connect()), "");
    let mut half = server.connect();
    half.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nx-slow: ").unwrap();
    assert!(!until_closed(half).contains("200 OK"));
    // An answer, and then silence.
    let mut kept = server.connect();
    kept.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert!(until_closed(kept).contains("200 OK"));
    // A body that does not come.
    let mut body = server.connect();
    body.write_all(request("POST", "/api/v1/blobs?name=a", &key, "half", 100).as_bytes()).unwrap();
    assert!(!until_closed(body).contains(" 201 "));
    assert_eq!(std::fs::read_dir(server.data.join("blobs/incoming")).unwrap().count(), 0);
}

#[test]
fn who_stops_is_not_ready_ends_steps_and_leaves_the_rest_to_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path(), &[]);
    let key = server.key();
    let mut flow = document("under-way", 0.0);
    flow["nodes"][1]["kind"] = json!("code");
    let source = "const end = Date.now() + 1500; while (Date.now() < end) {} return $input.all();";
    flow["nodes"][1]["parameters"] = json!({ "source": source });
    flow["nodes"][0]["parameters"]["answer"] = json!("respond");
    let made = json!({"document": flow}).to_string();
    let flow = server.call("POST", "/api/v1/flows", &key, &made).expect(201)["id"].as_str().unwrap().to_owned();
    server.call("POST", &format!("/api/v1/flows/{flow}/publish"), &key, "{}").expect(200);
    let mut caller = server.connect();
    caller.write_all(request("POST", "/webhook/under-way", "", r#"{"n": 1}"#, 8).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let mut watcher = server.connect();
    server.terminate();
    std::thread::sleep(Duration::from_millis(200));
    watcher.write_all(request("GET", "/health/ready", "", "", 0).as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(watcher).read_line(&mut line).unwrap();
    assert!(line.contains(" 503 "), "{line}");
    let mut answer = String::new();
    BufReader::new(caller).read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 503 ") && answer.contains("\"code\":\"stopping\""), "{answer}");
    server.ended();

    let server = Server::on(folder.path(), &[]);
    let run = server.call("GET", "/api/v1/runs", &key, "").expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let run = loop {
        let run = server.call("GET", &format!("/api/v1/runs/{run}"), &key, "").expect(200);
        if run["finished_at"].is_string() {
            break run;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(run["status"], "succeeded", "{run}");
    let took = run["steps"][1]["duration_ms"].as_u64().unwrap();
    assert!((1400..3000).contains(&took), "the step that worked had its time to end and was not repeated: {run}");
}

#[test]
fn a_stream_of_events_may_be_silent() {
    let server = Server::start(&["--idle", "1"]);
    let key = server.key();
    let made = json!({"document": document("quiet", 0.0)}).to_string();
    let flow = server.call("POST", "/api/v1/flows", &key, &made).expect(201)["id"].as_str().unwrap().to_owned();
    let mut stream = server.connect();
    stream.write_all(request("GET", &format!("/api/v1/flows/{flow}/events"), &key, "", 0).as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.next().unwrap().unwrap().contains("200"));
    std::thread::sleep(Duration::from_secs(3));
    server.call("POST", &format!("/api/v1/flows/{flow}/publish"), &key, "{}").expect(200);
    assert!(lines.any(|line| line.unwrap().contains("published")), "the stream was cut");
}

#[test]
fn further_connections_wait_for_one_that_ends() {
    let server = Server::start(&["--max-connections", "2"]);
    let held: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut first = [0; 12];
            stream.read_exact(&mut first).unwrap();
            stream
        })
        .collect();
    let mut third = server.connect();
    third.write_all(request("GET", "/health/live", "", "", 0).as_bytes()).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let error = third.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    third.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    drop(held);
    assert!(until_closed(third).contains("200 OK"));
}
