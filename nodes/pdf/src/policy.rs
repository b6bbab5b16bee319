//! Signature policies of ICP-Brasil for PAdES: what a signature says about the rules it follows.
//!
//! Source: the policy files `PA_PAdES_AD_*.der` as published by ITI under the addresses below, read on
//! 2026-11-25 from the copies in the Demoiselle signer (revision 89c54a31, July 2026). Version 1.3 of
//! both was issued on 2025-07-23 and allows signing until 2037-10-22. The hash is the `signPolicyHash`
//! at the end of the file, which is over its first two elements, not over the whole file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::algorithm::Digest;
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

/// Whether signed attributes (DER) name a policy that demands a time stamp.
pub(crate) fn asks_for_time_stamp(attributes: &[u8]) -> bool {
    crate::read::find(attributes, &asn1::tlv(asn1::OID, AD_RT.oid)).is_some()
}
