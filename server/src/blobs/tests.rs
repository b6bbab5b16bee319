use futures_util::{TryStreamExt, stream};

use super::*;
use crate::store::StoreOptions;

async fn opened() -> (tempfile::TempDir, Store, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::in_folder(folder.path())).await.unwrap();
    let blobs = Blobs::open(&folder.path().join("blobs"), store.clone()).unwrap();
    (folder, store, blobs)
}

fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    entries.map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let (_folder, _store, blobs) = opened().await;
    let content: Vec<u8> = (0..300_000u32).map(|i| (i % 253) as u8).collect();
    let blob = blobs.write(None, "../etc/a\u{7}b.pdf", "application/pdf", content.clone().into()).await.unwrap();
    assert_eq!((blob.file_name.as_str(), blob.size), ("ab.pdf", 300_000));
    assert_eq!(blobs.read(&blob.id, 300_000).await.unwrap(), content);
    let (found, stream) = blobs.stream(&blob.id).await.unwrap();
    assert_eq!(found, blob);
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), content);
    assert!(matches!(blobs.read(&blob.id, 10).await, Err(BlobError::TooLarge { max: 10 })));
    assert!(matches!(blobs.read("../../etc/passwd", 10).await, Err(BlobError::NotFound)));
}

#[tokio::test]
async fn what_is_too_large_or_breaks_off_leaves_nothing() {
    let (folder, _store, blobs) = opened().await;
    let pieces = |n: usize| stream::iter((0..n).map(|_| Ok(Bytes::from_static(&[0; 1000]))));
    let refused = blobs.write_stream(None, "a", "x/y", pieces(11), 10_000).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { max: 10_000 })));
    let broken = pieces(2).chain(stream::iter([Err(std::io::Error::other("gone"))]));
    assert!(matches!(blobs.write_stream(None, "a", "x/y", broken, 10_000).await, Err(BlobError::Broken(_))));
    assert_eq!(files(&folder.path().join("blobs")), 0);
    use futures_util::{FutureExt, StreamExt};
    // The sender goes away in the middle.
    let (started, waits) = tokio::sync::oneshot::channel();
    let endless = pieces(1).chain(stream::once(async move {
        started.send(()).unwrap();
        std::future::pending().await
    }));
    let mut writing = Box::pin(blobs.write_stream(None, "a", "x/y", endless, 10_000));
    tokio::select! {
        _ = &mut writing => unreachable!("the content never ends"),
        _ = waits => {}
    }
    assert_eq!(files(&folder.path().join("blobs")), 1);
    assert!(writing.as_mut().now_or_never().is_none());
    drop(writing);
    assert_eq!(files(&folder.path().join("blobs")), 0);
    let kept = blobs.write_stream(None, "a", "x/y", pieces(10), 10_000).await.unwrap();
    assert_eq!(files(&folder.path().join("blobs")), 1);
    blobs.discard(std::slice::from_ref(&kept)).await;
    assert_eq!(files(&folder.path().join("blobs")), 0);
    assert!(matches!(blobs.get(&kept.id).await, Err(BlobError::NotFound)));
}

#[tokio::test]
async fn the_sweep_removes_files_of_runs_that_are_gone_only() {
    let (folder, store, blobs) = opened().await;
    let of_nobody = blobs.write(None, "fresh", "x/y", Bytes::from_static(b"1")).await.unwrap();
    let of_gone = blobs.write(Some(&time::new_id()), "gone", "x/y", Bytes::from_static(b"2")).await.unwrap();
    // A run that is just being made is not there yet either: its files are safe for a day.
    assert_eq!(blobs.sweep().await.unwrap(), 0);
    let long_ago = time::now() - 2 * LOOSE.as_millis() as i64;
    let old = BlobRow {
        id: time::id_floor(long_ago),
        run_id: Some(time::new_id()),
        file_name: "old".into(),
        mime: "x/y".into(),
        size: 1,
        created_at: long_ago,
    };
    store.insert_blob(old.clone()).await.unwrap();
    assert_eq!(blobs.sweep().await.unwrap(), 1);
    assert!(matches!(blobs.get(&old.id).await, Err(BlobError::NotFound)));
    assert!(blobs.get(&of_nobody.id).await.is_ok() && blobs.get(&of_gone.id).await.is_ok());
    drop(folder);
}

#[tokio::test]
async fn another_command_leaves_uploads_of_a_running_server_alone() {
    let (folder, store, blobs) = opened().await;
    let path = folder.path().join("blobs");
    let (sender, pieces) = tokio::sync::mpsc::channel(1);
    let pieces = tokio_stream::wrappers::ReceiverStream::new(pieces);
    let upload = tokio::spawn(async move { blobs.write_stream(None, "a", "x/y", pieces, 100).await });
    sender.send(Ok(Bytes::from_static(b"first "))).await.unwrap();
    while files(&path) == 0 {
        tokio::task::yield_now().await;
    }
    let other = Blobs::open(&path, store).unwrap();
    sender.send(Ok(Bytes::from_static(b"second"))).await.unwrap();
    drop(sender);
    let blob = upload.await.unwrap().unwrap();
    assert_eq!(other.read(&blob.id, 100).await.unwrap(), "first second");
    std::fs::write(path.join("incoming/left"), "half").unwrap();
    other.remove_unfinished().unwrap();
    assert_eq!(files(&path), 1);
}
