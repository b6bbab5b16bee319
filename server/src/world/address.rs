//! Which addresses a flow may reach. Everything private, local or reserved is closed unless the administrator opens it:
//! otherwise whoever draws a flow could read the cloud's metadata service or the services beside the server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// What the administrator opened: networks, addresses and host names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    networks: Vec<(IpAddr, u8)>,
    /// In lower case; `*.example.com` stands for all names below.
    hosts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{entry}” is neither a network (10.0.0.0/8), an address nor a host name (*.example.com). Correct FLUXO_HTTP_ALLOW."
)]
pub struct AllowListError {
    pub entry: String,
}

impl FromStr for AllowList {
    type Err = AllowListError;

    /// Entries between commas or blanks: `127.0.0.1/32, 10.0.0.0/8, ::1, intranet.example.com, *.svc.cluster.local`.
    fn from_str(text: &str) -> Result<Self, AllowListError> {
        let mut list = Self::default();
        for entry in text.split([',', ' ', '\n', '\t']).map(str::trim).filter(|e| !e.is_empty()) {
            let bad = || AllowListError { entry: entry.to_owned() };
            if let Some((address, bits)) = entry.split_once('/') {
                let address: IpAddr = address.parse().map_err(|_| bad())?;
                let bits: u8 = bits.parse().map_err(|_| bad())?;
                if bits > if address.is_ipv4() { 32 } else { 128 } {
                    return Err(bad());
                }
                list.networks.push((address, bits));
            } else if let Ok(address) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
                list.networks.push((address, if address.is_ipv4() { 32 } else { 128 }));
            } else {
                let name = entry.to_ascii_lowercase();
                let plain = name.strip_prefix("*.").unwrap_or(&name);
                let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if plain.is_empty() || !plain.chars().all(letters) {
                    return Err(bad());
                }
                list.hosts.push(name);
            }
        }
        Ok(list)
    }
}

impl AllowList {
    /// Whether a flow may connect to this address.
    pub fn permits(&self, address: IpAddr) -> bool {
        // `::ffff:10.0.0.1` is 10.0.0.1 to the system.
        let address = address.to_canonical();
        self.networks.iter().any(|(network, bits)| within(address, *network, *bits)) || is_public(address)
    }

    /// Whether the name is open whatever it resolves to.
    pub fn permits_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.iter().any(|entry| match entry.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => *entry == host,
        })
    }
}

/// Networks and addresses alone, such as those of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u8)>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{entry}” is neither a network (10.0.0.0/8) nor an address. Correct FLUXO_TRUSTED_PROXIES.")]
pub struct NetworksError {
    pub entry: String,
}

impl FromStr for Networks {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, NetworksError> {
        match text.parse::<AllowList>() {
            Ok(AllowList { networks, hosts }) => match hosts.into_iter().next() {
                None => Ok(Self(networks)),
                Some(entry) => Err(NetworksError { entry }),
            },
            Err(AllowListError { entry }) => Err(NetworksError { entry }),
        }
    }
}

impl Networks {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| within(address, *network, *bits))
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => same_prefix(u32::from(a).into(), u32::from(n).into(), bits, 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => same_prefix(a.into(), n.into(), bits, 128),
        _ => false,
    }
}

fn same_prefix(a: u128, b: u128, bits: u8, width: u8) -> bool {
    bits == 0 || (a ^ b) >> (width - bits) == 0
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The IANA special-purpose registry for IPv4, and Azure's host service, which looks public.
fn is_public_v4(address: Ipv4Addr) -> bool {
    const CLOSED: [(Ipv4Addr, u8); 17] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(168, 63, 129, 16), 32),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 31, 196, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    !CLOSED.iter().any(|(network, bits)| within(address.into(), (*network).into(), *bits))
}

/// Only global unicast (2000::/3), without what is reserved in it or hides an IPv4 address; NAT64 by what it hides.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let hidden = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(hidden(high, low)),
        // 6to4
        [0x2002, high, low, ..] => is_public_v4(hidden(high, low)),
        // Teredo, benchmarks, ORCHID, and the other protocol assignments of 2001::/23.
        [0x2001, second, ..] if second < 0x200 => false,
        // Documentation.
        [0x2001, 0xdb8, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        _ => s[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allow: &str, expected: bool) {
        let list: AllowList = allow.parse().unwrap();
        assert_eq!(list.permits(address.parse().unwrap()), expected, "{address} with {allow:?}");
    }

    #[test]
    fn what_is_not_public_is_closed() {
        for closed in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "100::1",
            "fec0::1",
            "3fff::1",
            "5f00::1",
        ] {
            check(closed, "", false);
        }
    }

    #[test]
    fn what_is_public_is_open() {
        for open in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "8.8.8.8",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:4860::8888",
        ] {
            check(open, "", true);
        }
    }

    #[test]
    fn the_list_opens_networks_and_addresses() {
        check("127.0.0.1", "127.0.0.1/32", true);
        check("::ffff:127.0.0.1", "127.0.0.1", true);
        check("127.0.0.2", "127.0.0.1/32", false);
        check("10.200.0.1", "192.168.0.0/16, 10.0.0.0/8", true);
        check("fd12::1", "fd00::/8", true);
        check("::1", "[::1]", true);
        check("192.168.0.1", "0.0.0.0/0", true);
        check("::1", "0.0.0.0/0", false);
    }

    #[test]
    fn host_names() {
        let list: AllowList = "Intranet.example.com *.svc.cluster.local".parse().unwrap();
        for (host, expected) in [
            ("intranet.example.com", true),
            ("INTRANET.EXAMPLE.COM.", true),
            ("a.intranet.example.com", false),
            ("x.svc.cluster.local", true),
            ("svc.cluster.local", false),
            ("evilsvc.cluster.local", false),
        ] {
            assert_eq!(list.permits_host(host), expected, "{host}");
        }
    }

    #[test]
    fn odd_entries_are_named() {
        for entry in ["10.0.0.0/33", "x/8", "http://a", "a b!", "*.", "::/129"] {
            assert!(entry.parse::<AllowList>().is_err(), "{entry}");
        }
    }
}
