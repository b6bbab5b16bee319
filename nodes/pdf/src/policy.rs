//! Signature policies of ICP-Brasil for PAdES: what a signature says about the rules it follows.
//!
//! Source: the policy files `PA_PAdES_AD_*.der` as published by ITI under the addresses below, read on
//! 2026-11-25 from the copies in the Demoiselle signer (revision 89c54a31, July 2026). Version 1.3 of
//! both was issued on 2025-07-23 and allows signing until 2037-10-22. The hash is the `signPolicyHash`
//! at the end of the file, which is over its first two elements, not over the whole file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::algorithm::{Digest, SignatureAlgorithm};
use crate::asn1::{self, oid};

/// The policy that a signature names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Policy {
    /// No policy
    #[default]
    None,
    /// AD-RB 1.3 (basic reference), readable by every program
    AdRb,
    /// AD-RT 1.3 (time reference), readable by every program; needs a time stamp
    AdRt,
    /// AD-RB 1.3 in ITI's own format (PBAD.PAdES), which few programs read
    AdRbStrict,
    /// AD-RT 1.3 in ITI's own format (PBAD.PAdES), which few programs read; needs a time stamp
    AdRtStrict,
}

/// What is known of a published policy.
pub(crate) struct Published {
    /// The content of its OID.
    oid: &'static [u8],
    /// SHA-256, as the policy file ends with it.
    hash: [u8; 32],
    uri: &'static str,
}

/// 2.16.76.1.7.1.11.1.3
const AD_RB: Published = Published {
    oid: &[0x60, 0x4c, 0x01, 0x07, 0x01, 0x0b, 0x01, 0x03],
    hash: [
        0x23, 0xe4, 0xbe, 0x4b, 0x9b, 0x36, 0x21, 0x72, 0xe4, 0xeb, 0xb0, 0xe7, 0x2b, 0x86, 0xa1, 0x33, 0xec, 0xe5,
        0xaa, 0xd8, 0x43, 0xd8, 0x65, 0x1c, 0x6e, 0x38, 0xa0, 0xba, 0x3f, 0x08, 0xfc, 0x60,
    ],
    uri: "http://politicas.icpbrasil.gov.br/PA_PAdES_AD_RB_v1_3.der",
};

/// 2.16.76.1.7.1.12.1.3
const AD_RT: Published = Published {
    oid: &[0x60, 0x4c, 0x01, 0x07, 0x01, 0x0c, 0x01, 0x03],
    hash: [
        0x21, 0xd6, 0xe8, 0xd9, 0xf8, 0x5e, 0x56, 0x26, 0xdc, 0x71, 0x30, 0x73, 0x37, 0xa7, 0xca, 0xbd, 0x6f, 0xfe,
        0xf8, 0xd0, 0x85, 0x03, 0x87, 0x46, 0x77, 0x5c, 0xf0, 0xce, 0x6b, 0xa4, 0xd3, 0xb5,
    ],
    uri: "http://politicas.icpbrasil.gov.br/PA_PAdES_AD_RT_v1_3.der",
};

impl Policy {
    pub(crate) fn published(self) -> Option<&'static Published> {
        match self {
            Self::None => None,
            Self::AdRb | Self::AdRbStrict => Some(&AD_RB),
            Self::AdRt | Self::AdRtStrict => Some(&AD_RT),
        }
    }

    /// Whether the signature is written as `/PBAD.PAdES`, which ITI's policies demand.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::AdRbStrict | Self::AdRtStrict)
    }

    /// Whether a signature made like that keeps the policy: its `algorithmConstraintSet` lists RSA and ECDSA with SHA-256
    /// and SHA-512, and neither with SHA-384.
    pub(crate) fn allows(self, algorithm: SignatureAlgorithm) -> bool {
        self == Self::None || matches!(algorithm.digest(), Digest::Sha256 | Digest::Sha512)
    }

    /// Whether the policy demands a signature time stamp.
    pub fn needs_time_stamp(self) -> bool {
        matches!(self, Self::AdRt | Self::AdRtStrict)
    }
}

impl Published {
    /// `SignaturePolicyId` with the address of the policy (RFC 5126 5.8.1).
    pub(crate) fn identifier(&self) -> Vec<u8> {
        const IA5_STRING: u8 = 0x16;
        let hash = asn1::sequence(&[&Digest::Sha256.identifier(), &asn1::tlv(asn1::OCTET_STRING, &self.hash)]);
        let address =
            asn1::sequence(&[&asn1::tlv(asn1::OID, oid::POLICY_URI), &asn1::tlv(IA5_STRING, self.uri.as_bytes())]);
        asn1::sequence(&[&asn1::tlv(asn1::OID, self.oid), &hash, &asn1::sequence(&[&address])])
    }
}

/// All policies for PAdES that ITI has published: OID, name, and the SHA-256 that the policy file ends with. Read and
/// recomputed from the files named above.
const ALL: [(&str, &str, &str); 18] = [
    ("2.16.76.1.7.1.11.1", "AD-RB 1.0", "501D69B4B71FC6E57323C2C74131A9C8C62409BE378BA788DC288555611B9E58"),
    ("2.16.76.1.7.1.11.1.1", "AD-RB 1.1", "44FC5816EB2D705D8C8F022A7F93B3FB49EDFAE1A7B9149EF6FAB833E9BB63F8"),
    ("2.16.76.1.7.1.11.1.2", "AD-RB 1.2", "BF22358C963B52971F18C822D8529C5163FE55FA8EED1068D327ADC6BC082EE2"),
    ("2.16.76.1.7.1.11.1.3", "AD-RB 1.3", "23E4BE4B9B362172E4EBB0E72B86A133ECE5AAD843D8651C6E38A0BA3F08FC60"),
    ("2.16.76.1.7.1.12.1", "AD-RT 1.0", "CEFBBA0147077BD216EB04D2B25C56C3D4AC60DBBE08CDD697D2DCD0029B56E8"),
    ("2.16.76.1.7.1.12.1.1", "AD-RT 1.1", "FA1D44E76AD91E2F6CD471B6987E9C0F1C70D4B70DA0956E7BECF4DC792C0C1F"),
    ("2.16.76.1.7.1.12.1.2", "AD-RT 1.2", "19E0BE31D91A6FFA694BBE0E9B35E4BC2F877F62DC6AC7A7833ADA6345E15AF8"),
    ("2.16.76.1.7.1.12.1.3", "AD-RT 1.3", "21D6E8D9F85E5626DC71307337A7CABD6FFEF8D085038746775CF0CE6BA4D3B5"),
    ("2.16.76.1.7.1.13.1", "AD-RC 1.0", "B3D8A9EF6B475A8CD62F07B3EDB8B0BD974DD15A165EEB197BD987D7591E0FEE"),
    ("2.16.76.1.7.1.13.1.1", "AD-RC 1.1", "3FE5E1EEEA9F6723568DC9E2C313C0E19C817FAA923AB29B52EA76D1FB53027C"),
    ("2.16.76.1.7.1.13.1.2", "AD-RC 1.2", "9F743696B821E535252C17DF754CD9379FD2D3B6870179248C64A5C80604399D"),
    ("2.16.76.1.7.1.13.1.3", "AD-RC 1.3", "235488859F7ADA5D4984C364CC1C8EEE4673FB7C70FF8B19DD236A86F3D87CC2"),
    ("2.16.76.1.7.1.13.1.4", "AD-RC 1.4", "712F18A9F0163C1E90DA6FF0B7165543378A18A0F06D3CB21668067CAC229BD2"),
    ("2.16.76.1.7.1.14.1", "AD-RA 1.0", "6D1DD552117D1DE402F515F9F77EF9D30B2162995F93A2290C134C9C24387BDF"),
    ("2.16.76.1.7.1.14.1.1", "AD-RA 1.1", "2AC50C5BE4CCDDE5C240A4A304F7021642841642AA0ED8B403E6C518DD9D81B6"),
    ("2.16.76.1.7.1.14.1.2", "AD-RA 1.2", "1F1B8E74BE9626BC1702D40CE1C126EB1C9CAF7BADE6B1FD779C8F60E733DD7C"),
    ("2.16.76.1.7.1.14.1.3", "AD-RA 1.3", "542600EFAA7CAC8E1DB8CEE572EF275F6157DE27CF5E2FD75466AE2DCF8FAB04"),
    ("2.16.76.1.7.1.14.1.4", "AD-RA 1.4", "FFA9FD474812F6CE63D625679C9EF235A6547B017BE941B2C094AA868E67E123"),
];

/// The name of the policy with this OID (with dots), and its hash as SHA-256 in hexadecimal.
pub(crate) fn named(oid: &str) -> Option<(&'static str, &'static str)> {
    ALL.iter().find(|(known, ..)| *known == oid).map(|(_, name, hash)| (*name, *hash))
}

/// Whether signed attributes (DER) name a policy that demands a time stamp.
pub(crate) fn asks_for_time_stamp(attributes: &[u8]) -> bool {
    crate::read::find(attributes, &asn1::tlv(asn1::OID, AD_RT.oid)).is_some()
}
