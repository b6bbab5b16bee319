//! The roots of ICP-Brasil that are shipped. Where they come from and how to use others stands in
//! `trust/README.md`.

const ROOTS: [&[u8]; 5] = [
    include_bytes!("trust/icp-brasil-v2.der"),
    include_bytes!("trust/icp-brasil-v5.der"),
    include_bytes!("trust/icp-brasil-v10.der"),
    include_bytes!("trust/icp-brasil-v11.der"),
    include_bytes!("trust/icp-brasil-v12.der"),
];

/// The roots of ICP-Brasil (DER), for `VerifyOptions::roots`.
pub fn icp_brasil() -> Vec<Vec<u8>> {
    ROOTS.iter().map(|der| der.to_vec()).collect()
}

/// Whether a certificate is one of them.
pub(crate) fn is_icp_brasil(der: &[u8]) -> bool {
    ROOTS.contains(&der)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certificate;
    use crate::algorithm::Digest;

    #[test]
    fn the_roots_are_those_of_the_table() {
        let table = include_str!("trust/README.md");
        for der in ROOTS {
            let root = Certificate::parse(der).unwrap();
            let print: String = Digest::Sha256.of(&[der]).iter().map(|b| format!("{b:02x}")).collect();
            let line = table.lines().find(|line| line.contains(&print)).expect(&print);
            let name = root.summary().name;
            let version = name.strip_prefix("Autoridade Certificadora Raiz Brasileira ").expect(&name);
            assert!(line.contains(&format!("icp-brasil-{version}.der")), "{line}");
            let day = |at: jiff::Timestamp| at.strftime("%Y-%m-%d").to_string();
            assert!(line.contains(&format!("{} to {}", day(root.not_before), day(root.not_after))), "{line}");
            assert!(crate::verify::is_self_signed(der), "{name}");
            assert!(root.may_issue() && root.may_revoke(), "{name}");
            assert!(webpki::anchor_from_trusted_cert(&der.into()).is_ok(), "{name}");
        }
    }
}
