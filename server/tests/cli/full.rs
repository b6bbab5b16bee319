//! A full disk in the middle of a run: what was acknowledged is not lost, and the server goes on when there is space.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, document, run, said};

/// A disk of 16 MiB, where the system lets us have one.
struct Disk(PathBuf);

impl Disk {
    fn new(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    /// Takes all the space there is.
    fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).unwrap();
        let mut piece = vec![0; 64 << 10];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn status(server: &Server, key: &str, run: &str) -> Value {
    server.call("GET", &format!("/api/v1/runs/{run}"), key, "").expect(200)["status"].clone()
}

#[test]
fn nothing_acknowledged_is_lost_and_the_server_recovers() {
    let folder = tempfile::tempdir().unwrap();
    // Only root may mount; elsewhere the store's own tests fill the database.
    let Some(disk) = Disk::new(folder.path()) else { return };
    let data = folder.path().join("data");
    let server = Server::on(&data, &[]);
    said(&run(&data, &["user", "add", "ana@example.com"], PASSWORD));
    let key = server.key();
    let made = json!({"document": document("slow", 2.0)}).to_string();
    let flow = server.call("POST", "/api/v1/flows", &key, &made).expect(201)["id"].as_str().unwrap().to_owned();
    server.call("POST", &format!("/api/v1/flows/{flow}/publish"), &key, "{}").expect(200);
    let begin = || {
        server.call("POST", &format!("/api/v1/flows/{flow}/runs"), &key, r#"{"items": [{"json": {"body": {"n": 1}}}]}"#)
    };
    let acknowledged: Vec<String> = (0..3).map(|_| begin().expect(202)["id"].as_str().unwrap().to_owned()).collect();

    disk.fill();
    // While the runs are at work. They become due now, and nothing of it can be written.
    std::thread::sleep(Duration::from_secs(3));
    let refused = begin();
    assert!(matches!(refused.status, 503 | 507), "{} {}", refused.status, refused.body);
    for id in &acknowledged {
        assert_ne!(status(&server, &key, id), "failed");
    }
    // Looking and signing in go on.
    server.call("GET", "/api/v1/flows", &key, "").expect(200);
    let sign_in = json!({"email": "ana@example.com", "password": PASSWORD}).to_string();
    let signed_in = server.call_as_page("POST", "/api/v1/session", &sign_in);
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let upload = server.call("POST", "/api/v1/blobs?name=a", &key, &"x".repeat(100_000));
    assert_eq!(upload.status, 507, "{}", upload.body);

    disk.free();
    for id in &acknowledged {
        while status(&server, &key, id) != "succeeded" {
            assert_ne!(status(&server, &key, id), "failed");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let later = begin().expect(202)["id"].as_str().unwrap().to_owned();
    server.stop();
    let server = Server::on(&data, &[]);
    for id in acknowledged.iter().chain([&later]) {
        while status(&server, &key, id) != "succeeded" {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
