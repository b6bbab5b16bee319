"""Milliseconds of processor time for one signature by pyHanko: pyhanko_speed.py ID.p12 PASSWORD FILE.pdf.

The key is loaded once, before the clock starts, and stays loaded: what pyHanko costs in a program that signs many files.
"""

import io
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

ROUNDS = 30


class OpenKey(signers.SimpleSigner):
    """pyHanko's own signer reads the key again for each signature; this one keeps it."""

    key = None

    def sign_raw(self, data, digest_algorithm):
        return self.key.sign(data, PKCS1v15(), hashes.SHA256())


def main():
    file, password, pdf = sys.argv[1:]
    signer = signers.SimpleSigner.load_pkcs12(file, passphrase=password.encode())
    signer.__class__ = OpenKey
    with open(file, "rb") as bundle:
        signer.key = pkcs12.load_key_and_certificates(bundle.read(), password.encode())[0]
    with open(pdf, "rb") as document:
        content = document.read()
    meta = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )

    def sign():
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        return signers.sign_pdf(writer, meta, signer=signer).getvalue()

    assert sign().startswith(content)
    start = time.process_time()
    for _ in range(ROUNDS):
        sign()
    print((time.process_time() - start) / ROUNDS * 1e3)


main()
