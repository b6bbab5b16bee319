use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use nodes::world::{Http as _, HttpRequest};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

use super::*;

const CA: &str = include_str!("tls/ca.pem");
const CLIENT: (&str, &str) = (include_str!("tls/client.pem"), include_str!("tls/client.key"));

/// A server that answers every connection with who the client is; with `ask` it demands a client certificate.
fn serve(ask: bool) -> SocketAddr {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let builder = ServerConfig::builder();
    let builder = if ask {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CA.as_bytes()).unwrap()).unwrap();
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let config = Arc::new(builder.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, mut tls) = (socket.unwrap(), ServerConnection::new(config.clone()).unwrap());
            let mut stream = Stream::new(&mut tls, &mut socket);
            let mut request = [0; 4096];
            // A client that does not trust us breaks off.
            if stream.read(&mut request).is_ok_and(|n| n > 0) {
                let known = stream.conn.peer_certificates().map_or(0, <[_]>::len);
                let body = format!("clients: {known}");
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.flush();
                stream.conn.send_close_notify();
                let _ = stream.conn.write_tls(stream.sock);
            }
        }
    });
    at
}

async fn send(request: HttpRequest) -> String {
    let place = Place::new().await;
    let options = HttpOptions { allow: "127.0.0.1".parse().unwrap(), ..HttpOptions::default() };
    match HttpClient::new(options).for_run(place.blobs.clone()).send(request).await {
        Ok(response) => match response.body {
            nodes::world::HttpResponseBody::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        },
        Err(e) => format!("{}: {}", e.code, e.message),
    }
}

fn get(at: SocketAddr) -> HttpRequest {
    HttpRequest::new("GET", format!("https://{at}/"))
}

#[tokio::test]
async fn unknown_certificates_are_refused_unless_trusted_or_ignored() {
    let at = serve(false);
    let refused = send(get(at)).await;
    assert!(refused.starts_with("http_tls: "), "{refused}");
    assert_eq!(send(HttpRequest { extra_roots: Some(CA.into()), ..get(at) }).await, "clients: 0");
    assert_eq!(send(HttpRequest { insecure_tls: true, ..get(at) }).await, "clients: 0");
}

#[tokio::test]
async fn client_certificates() {
    let at = serve(true);
    let trusted = HttpRequest { extra_roots: Some(CA.into()), ..get(at) };
    let refused = send(trusted.clone()).await;
    assert!(refused.starts_with("http_"), "{refused}");
    let known = HttpRequest { client_identity: Some((CLIENT.0.into(), CLIENT.1.into())), ..trusted.clone() };
    assert_eq!(send(known).await, "clients: 1");
    let broken = HttpRequest { client_identity: Some(("x".into(), "y".into())), ..trusted.clone() };
    assert!(send(broken).await.starts_with("http_tls: The client certificate or its key"));
    let broken = HttpRequest { extra_roots: Some("x".into()), ..trusted };
    assert!(send(broken).await.starts_with("http_tls: The extra certificates"));
}

#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new()).await.unwrap() });
    let text = send(get(at)).await;
    assert!(text.starts_with("http_tls: "), "{text}");
}
