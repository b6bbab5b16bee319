"""What pyHanko says about signed PDFs: pyhanko_judge.py ROOT.pem LIST.

LIST has a line for each file: its number, how many signatures were added last, its path, and the password that opens
it, separated by tabs. A line of JSON answers each: nothing more than the number when the added signatures are valid,
trusted and cover what they should, otherwise the problem, or what kept pyHanko from reading the file.
"""

import json
import logging
import signal
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)


def too_long(*_):
    raise TimeoutError("took longer than a minute")


def judge(path, added, password, root):
    with open(path, "rb") as file:
        try:
            reader = PdfFileReader(file, strict=False)
            if reader.encrypted:
                reader.decrypt(password)
            signatures = reader.embedded_signatures
        except (Exception, RecursionError) as error:
            return {"unreadable": f"{type(error).__name__}: {error}"}
        if len(signatures) < added:
            return {"problem": f"{len(signatures)} signatures"}
        for at, signature in enumerate(signatures[-added:]):
            context = ValidationContext(trust_roots=[root], allow_fetching=False)
            try:
                status = validate_pdf_signature(signature, context)
            except (Exception, RecursionError) as error:
                return {"unreadable": f"{type(error).__name__}: {error}"}
            if not (status.intact and status.valid and status.trusted):
                return {"problem": f"signature {at + 1}: {status.summary()}"}
            last = at + 1 == added
            if last and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
                return {"problem": f"signature {at + 1} covers {status.coverage}"}
            if not status.bottom_line:
                reason = str(getattr(status.diff_result, "args", [status.diff_result])[0])
                # It compares files with metadata that it can't parse, or with annotations written into the page, by refusing.
                if "etadata" in reason or "direct objects" in reason:
                    return {"unreadable": reason}
                return {"problem": f"signature {at + 1}: {status.summary()}: {reason}"}
    return {}


def main():
    root = load_cert_from_pemder(sys.argv[1])
    signal.signal(signal.SIGALRM, too_long)
    with open(sys.argv[2], encoding="utf-8") as lines:
        for line in lines:
            at, added, path, password = line.rstrip("\n").split("\t")
            signal.alarm(60)
            try:
                answer = judge(path, int(added), password, root)
            except (Exception, RecursionError) as error:
                answer = {"unreadable": f"{type(error).__name__}: {error}"}
            signal.alarm(0)
            print(json.dumps({"at": int(at), **answer}), flush=True)


main()
