"""Signs with pyHanko at a PAdES level: levels.py JSON, with

pdf, out, pfx, password, level ("B", "T", "LT", "LTA"), certificates [PEM], crls [DER], roots [PEM],
tsa {certificate, key} and time (ISO; when the authority says that it is), policy (dotted, optional).
"""

import json
import sys
from datetime import datetime

from asn1crypto import algos, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.ades.cades_asn1 import SignaturePolicyId, SigPolicyQualifierInfo
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore


class Unchecked(DummyTimeStamper):
    """Whether the authority may attest times is for the verifier to find out."""

    async def validation_paths(self, validation_context):
        return
        yield


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    return pem.unarmor(data)[2] if pem.detect(data) else data


def main():
    job = json.loads(sys.argv[1])
    certificates = [x509.Certificate.load(load(path)) for path in job["certificates"]]
    roots = [x509.Certificate.load(load(path)) for path in job["roots"]]
    context = ValidationContext(
        trust_roots=roots, other_certs=certificates, allow_fetching=False, crls=[load(path) for path in job["crls"]],
        revocation_mode="require" if job["crls"] else "soft-fail")
    level = job["level"]
    stamper = None
    if level != "B":
        store = SimpleCertificateStore()
        store.register_multiple(certificates)
        stamper = (Unchecked if level == "T" else DummyTimeStamper)(
            x509.Certificate.load(load(job["tsa"]["certificate"])),
            keys.PrivateKeyInfo.load(load(job["tsa"]["key"])),
            certs_to_embed=store, fixed_dt=datetime.fromisoformat(job["tsa"]["time"]))
    policy = None
    if job.get("policy"):
        policy = CAdESSignedAttrSpec(signature_policy_identifier=SignaturePolicyIdentifier({
            "sig_policy_id": job["policy"],
            "sig_policy_hash": algos.DigestInfo({
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "digest": bytes(range(32))}),
            "sig_policy_qualifiers": [SigPolicyQualifierInfo({
                "sig_policy_qualifier_id": "sp_uri", "sig_qualifier": "http://politicas.icpbrasil.gov.br/PA.der"})],
        }))
    metadata = signers.PdfSignatureMetadata(
        field_name="Sig", subfilter=SigSeedSubFilter.PADES, embed_validation_info=level in ("LT", "LTA"),
        use_pades_lta=level == "LTA", validation_context=context, md_algorithm="sha256", cades_signed_attr_spec=policy)
    signer = signers.SimpleSigner.load_pkcs12(job["pfx"], passphrase=job["password"].encode())
    with open(job["pdf"], "rb") as file, open(job["out"], "wb") as out:
        signers.sign_pdf(IncrementalPdfFileWriter(file), metadata, signer, timestamper=stamper, output=out)


def SignaturePolicyIdentifier(value):
    from pyhanko.sign.ades import cades_asn1
    return cades_asn1.SignaturePolicyIdentifier({"signature_policy_id": SignaturePolicyId(value)})


main()
