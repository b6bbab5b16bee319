//! Where a request came from.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::App;
use crate::auth::Client;
use crate::world::Networks;

/// Address and browser of the caller. `X-Forwarded-For` is believed from the proxies that the administrator names:
/// anybody else can write there what they like.
pub struct From(pub Client);

impl FromRequestParts<App> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let address = peer.map(|peer| origin(peer, &parts.headers, &app.proxies).to_string()).unwrap_or_default();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Self(Client { address, agent }))
    }
}

/// The last address that no trusted proxy has: each proxy adds whom it heard from at the end, so what stands before that
/// address is the caller's own claim.
fn origin(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let mut origin = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for name in named.into_iter().rev() {
        if !proxies.contain(origin) {
            break;
        }
        match address(name) {
            Some(address) => origin = address.to_canonical(),
            // The proxy does not say: it is the nearest that is known.
            None => break,
        }
    }
    origin
}

/// Some proxies write the port too.
fn address(name: &str) -> Option<IpAddr> {
    let plain = name.parse().ok();
    let ported = || name.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    plain.or_else(ported).or_else(|| name.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn trusted_proxies_alone_are_believed() {
        let check = |peer: &str, forwarded: &[&str], proxies: &str, expected: &str| {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
            }
            let found = origin(peer.parse().unwrap(), &headers, &proxies.parse().unwrap());
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?} {proxies}");
        };
        check("203.0.113.9", &[], "10.0.0.0/8", "203.0.113.9");
        check("203.0.113.9", &["198.51.100.1"], "", "203.0.113.9");
        check("203.0.113.9", &["198.51.100.1"], "10.0.0.0/8", "203.0.113.9");
        check("10.0.0.2", &["198.51.100.1"], "10.0.0.0/8", "198.51.100.1");
        check("10.0.0.2", &["1.1.1.1, 198.51.100.1", "10.0.0.7"], "10.0.0.0/8", "198.51.100.1");
        check("::ffff:10.0.0.2", &["198.51.100.1:4711"], "10.0.0.0/8", "198.51.100.1");
        check("::1", &["[2001:db8::1]"], "::1", "2001:db8::1");
        check("10.0.0.2", &["unknown"], "10.0.0.0/8", "10.0.0.2");
        check("10.0.0.2", &["10.0.0.3"], "10.0.0.0/8", "10.0.0.3");
    }
}
