use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use flow::BlobRef;
use nodes::NodeError;
use nodes::world::{Files as _, WriteMode};

use super::super::files::RunFiles;
use super::*;

struct Setup {
    place: Place,
    files: RunFiles,
    /// The allowed folder.
    inside: PathBuf,
    /// Beside it.
    outside: PathBuf,
}

async fn setup() -> Setup {
    let place = Place::new().await;
    let (inside, outside) = (place.folder.path().join("in"), place.folder.path().join("out"));
    fs::create_dir_all(inside.join("sub/deep")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.txt"), "secret").unwrap();
    for (name, text) in [
        ("b.txt", "bb"),
        ("a.txt", "a"),
        (".hidden.txt", "h"),
        ("c.pdf", "%PDF"),
        ("sub/d.txt", "d"),
        ("sub/deep/e.txt", "e"),
    ] {
        fs::write(inside.join(name), text).unwrap();
    }
    symlink(&outside, inside.join("link")).unwrap();
    symlink(outside.join("secret.txt"), inside.join("link.txt")).unwrap();
    let files = FileAccess::new([inside.clone()], 1000).for_run(place.blobs.clone());
    Setup { place, files, inside, outside }
}

impl Setup {
    fn path(&self, name: &str) -> String {
        self.inside.join(name).display().to_string()
    }

    async fn list(&self, pattern: &str, max: usize) -> Vec<String> {
        let found = self.files.list(&self.path(pattern), max).await.unwrap();
        found
            .into_iter()
            .map(|e| e.path.strip_prefix(&format!("{}/", self.inside.display())).unwrap().to_owned())
            .collect()
    }

    async fn blob(&self) -> BlobRef {
        self.place.blob("x", b"new content").await
    }

    fn leftovers(&self) -> usize {
        fs::read_dir(&self.inside)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(".fluxo"))
            .count()
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, NodeError>) -> String {
    let error = result.unwrap_err();
    assert!(error.message.ends_with('.') && error.message.matches(". ").count() >= 1, "{}", error.message);
    error.code
}

#[tokio::test]
async fn listing() {
    let s = setup().await;
    assert_eq!(s.list("*.txt", 10).await, ["a.txt", "b.txt"]);
    assert_eq!(s.list("*", 2).await, ["a.txt", "b.txt"]);
    assert_eq!(s.list("*.{pdf,txt}", 10).await, ["a.txt", "b.txt", "c.pdf"]);
    assert_eq!(s.list("sub/*", 10).await, ["sub/d.txt"]);
    assert_eq!(s.list("*/*.txt", 10).await, ["sub/d.txt"]);
    assert_eq!(s.list("**/*.txt", 10).await, ["a.txt", "b.txt", "sub/d.txt", "sub/deep/e.txt"]);
    assert_eq!(s.list("sub/**", 10).await, ["sub/d.txt", "sub/deep/e.txt"]);
    assert_eq!(s.list("a.txt", 10).await, ["a.txt"]);
    assert_eq!(s.list("none*", 10).await, Vec::<String>::new());
    let entry = s.files.list(&s.path("b.txt"), 1).await.unwrap().remove(0);
    assert!(entry.size == 2 && entry.modified.as_second() > 1_700_000_000);
}

#[tokio::test]
async fn reading() {
    let s = setup().await;
    let blob = s.files.read(&s.path("c.pdf")).await.unwrap();
    assert_eq!((blob.file_name.as_str(), blob.mime.as_str(), blob.size), ("c.pdf", "application/pdf", 4));
    assert_eq!(s.place.text(&blob).await, "%PDF");
    assert_eq!(code(s.files.read(&s.path("none.txt")).await), "file_missing");
    assert_eq!(code(s.files.read(&s.path("sub")).await), "file_failed");
    fs::write(s.inside.join("large"), [0; 2000]).unwrap();
    assert_eq!(code(s.files.read(&s.path("large")).await), "file_too_large");
    nix::unistd::mkfifo(&s.inside.join("pipe"), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    assert_eq!(code(s.files.read(&s.path("pipe")).await), "file_failed");
}

#[tokio::test]
async fn no_way_out() {
    let s = setup().await;
    let outside = s.outside.display().to_string();
    for path in [
        format!("{outside}/secret.txt"),
        s.path("../out/secret.txt"),
        s.path("sub/../../out/secret.txt"),
        "../out/secret.txt".into(),
        "/etc/passwd".into(),
        format!("{}x/secret.txt", s.inside.display()),
        "".into(),
    ] {
        assert_eq!(code(s.files.read(&path).await), "file_not_allowed", "{path}");
        assert_eq!(code(s.files.list(&path, 9).await), "file_not_allowed", "{path}");
        assert_eq!(code(s.files.write(&path, &s.blob().await, WriteMode::Replace).await), "file_not_allowed", "{path}");
        assert_eq!(code(s.files.rename(&s.path("a.txt"), &path).await), "file_not_allowed", "{path}");
    }
    for path in ["link.txt", "link/secret.txt"] {
        assert_eq!(code(s.files.read(&s.path(path)).await), "file_link", "{path}");
        assert_eq!(s.list(path, 9).await, Vec::<String>::new());
        assert_eq!(code(s.files.write(&s.path(path), &s.blob().await, WriteMode::Append).await), "file_link", "{path}");
    }
    assert_eq!(s.list("link/*", 9).await, Vec::<String>::new());
    assert_eq!(code(s.files.write(&s.path("link/new.txt"), &s.blob().await, WriteMode::New).await), "file_link");
    // Replacing a link replaces the link, not what it points to.
    s.files.write(&s.path("link.txt"), &s.blob().await, WriteMode::Replace).await.unwrap();
    assert_eq!(fs::read_to_string(s.outside.join("secret.txt")).unwrap(), "secret");
    assert_eq!(fs::read_to_string(s.inside.join("link.txt")).unwrap(), "new content");
    let none = FileAccess::default().for_run(s.place.blobs.clone());
    assert_eq!(code(none.read(&s.path("a.txt")).await), "file_not_allowed");
}

#[tokio::test]
async fn writing() {
    let s = setup().await;
    let blob = s.blob().await;
    let entry = s.files.write(&s.path("new.txt"), &blob, WriteMode::New).await.unwrap();
    assert_eq!((entry.path, entry.size), (s.path("new.txt"), 11));
    assert_eq!(code(s.files.write(&s.path("new.txt"), &blob, WriteMode::New).await), "file_exists");
    s.files.write(&s.path("a.txt"), &blob, WriteMode::Replace).await.unwrap();
    assert_eq!(fs::read_to_string(s.inside.join("a.txt")).unwrap(), "new content");
    let entry = s.files.write(&s.path("b.txt"), &blob, WriteMode::Append).await.unwrap();
    assert_eq!((fs::read_to_string(s.inside.join("b.txt")).unwrap().as_str(), entry.size), ("bbnew content", 13));
    s.files.write(&s.path("fresh.txt"), &blob, WriteMode::Append).await.unwrap();
    assert_eq!(code(s.files.write(&s.path("sub"), &blob, WriteMode::Replace).await), "file_kind");
    let gone = BlobRef { id: "01890000-0000-7000-8000-000000000000".into(), ..blob };
    assert_eq!(code(s.files.write(&s.path("a.txt"), &gone, WriteMode::Replace).await), "blob_missing");
    assert_eq!(code(s.files.write(&s.path("b.txt"), &gone, WriteMode::Append).await), "blob_missing");
    assert_eq!(fs::read_to_string(s.inside.join("a.txt")).unwrap(), "new content");
    assert_eq!(fs::read_to_string(s.inside.join("b.txt")).unwrap(), "bbnew content");
    assert_eq!(s.leftovers(), 0);
}

#[tokio::test]
async fn moving() {
    let s = setup().await;
    let entry = s.files.rename(&s.path("a.txt"), &s.path("sub/moved.txt")).await.unwrap();
    assert_eq!((entry.path, entry.size), (s.path("sub/moved.txt"), 1));
    assert!(!s.inside.join("a.txt").exists() && s.inside.join("sub/moved.txt").exists());
    assert_eq!(code(s.files.rename(&s.path("b.txt"), &s.path("c.pdf")).await), "file_exists");
    assert_eq!(fs::read_to_string(s.inside.join("c.pdf")).unwrap(), "%PDF");
    assert_eq!(code(s.files.rename(&s.path("a.txt"), &s.path("x.txt")).await), "file_missing");
    assert_eq!(code(s.files.rename(&s.path("link.txt"), &s.path("x.txt")).await), "file_link");
}

#[tokio::test]
async fn relative_paths_start_in_the_first_folder_and_missing_folders_are_made() {
    let s = setup().await;
    let names = |entries: Vec<nodes::world::FileEntry>| entries.into_iter().map(|e| e.path).collect::<Vec<_>>();
    assert_eq!(names(s.files.list("sub/*", 9).await.unwrap()), [s.path("sub/d.txt")]);
    assert_eq!(names(s.files.list("inbox/*.pdf", 9).await.unwrap()), Vec::<String>::new());
    let written = s.files.write("reports/2026/today.txt", &s.blob().await, WriteMode::New).await.unwrap();
    assert_eq!(written.path, s.path("reports/2026/today.txt"));
    assert_eq!(fs::read(s.inside.join("reports/2026/today.txt")).unwrap(), b"new content");
    let moved = s.files.rename("a.txt", "done/a.txt").await.unwrap();
    assert_eq!((moved.path, s.inside.join("a.txt").exists()), (s.path("done/a.txt"), false));
    // Nothing is made where a link leads out.
    assert_eq!(code(s.files.write("link/new/x.txt", &s.blob().await, WriteMode::New).await), "file_link");
    assert!(!s.outside.join("new").exists());
}
