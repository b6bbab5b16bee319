"""Validates the first signature of a PDF offline, with nothing but the file and a root: file, root, level, password."""

import asyncio
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades, async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

file, root, level, password = sys.argv[1:]
root = load_cert_from_pemder(root)


async def judge(reader, signature):
    """From T on with a time stamp that holds; from LT on every certificate needs a proof in the file."""
    if level == "t":
        context = ValidationContext(trust_roots=[root], allow_fetching=False)
    else:
        how = {"trust_roots": [root], "allow_fetching": False, "revocation_mode": "hard-fail", "retroactive_revinfo": True}
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(how)
    status = await async_validate_pdf_signature(signature, context, ts_validation_context=context)
    print(status.pretty_print_details())
    stamp = status.timestamp_validity
    return status.bottom_line and stamp and stamp.valid and stamp.trusted


async def archived(signature):
    """As ETSI EN 319 102-1 prescribes for archival."""
    policy = CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True)
    trust = SimpleTrustManager.build([root])
    fetching = RevocationInfoGatheringSpec(
        online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
        certificate_fetching_rule=CertificateFetchingRule.FOLLOW_ONLINE_RULE,
    )
    spec = SignatureValidationSpec(CertValidationPolicySpec(trust, policy), revinfo_gathering_policy=fetching)
    result = await ades.ades_lta_validation(signature, PdfSignatureValidationSpec(spec))
    print(result.ades_subindic, result.failure_msg)
    return result.ades_subindic == ades.AdESPassed.OK


with open(file, "rb") as handle:
    reader = PdfFileReader(handle)
    if password:
        reader.decrypt(password)
    signature = reader.embedded_regular_signatures[0]
    passed = asyncio.run(judge(reader, signature))
    if level == "lta":
        passed = asyncio.run(archived(signature)) and passed
print("PASSED" if passed else "FAILED")
