"""What pyHanko says of signed files, and files that pyHanko's library tampers with.

    judge.py judge FILE...       prints a line of JSON for each file
    judge.py tamper FILE FOLDER  writes FOLDER/NAME.pdf for every way of changing FILE
"""

import json
import sys
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

# Whom to trust is not what is asked.
NOBODY = ValidationContext(trust_roots=[], allow_fetching=False)


def judge(path):
    """One verdict per signature: does it hold, and does it put up with what came after it? Trust is left out."""
    signatures = []
    with open(path, "rb") as file:
        reader = PdfFileReader(file, strict=False)
        for signature in reader.embedded_signatures:
            entry = {"field": signature.field_name}
            signatures.append(entry)
            try:
                if signature.sig_object_type == "/DocTimeStamp":
                    status = validate_pdf_timestamp(signature, NOBODY)
                else:
                    status = validate_pdf_signature(signature, NOBODY)
                level = status.modification_level or ModificationLevel.NONE
                entry["level"], entry["coverage"] = level.name, status.coverage.name
                entry["intact"], entry["valid"] = bool(status.intact), bool(status.valid)
                entry["docmdp"] = getattr(status, "docmdp_ok", None)
                entry["ok"] = (
                    entry["intact"] and entry["valid"] and entry["docmdp"] is not False
                    and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
                    and level <= ModificationLevel.FORM_FILLING
                )
            except Exception as error:  # a file that it cannot judge is rejected
                entry["error"] = f"{type(error).__name__}: {error}"[:200]
                entry["ok"] = False
    return signatures


def update(data):
    return IncrementalPdfFileWriter(BytesIO(data))


def finish(writer):
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def page(writer, number=0):
    return writer.root["/Pages"]["/Kids"][number]


def replace_content(data):
    w = update(data)
    ref = page(w).raw_get("/Contents").reference
    stream = generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 720 Td (I owe you nothing) Tj ET")
    w.objects[(ref.generation, ref.idnum)] = stream
    return finish(w)


def new_content(data):
    w = update(data)
    target = page(w)
    target["/Contents"] = w.add_object(generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 720 Td (Shadow) Tj ET"))
    w.update_container(target)
    return finish(w)


def free_text(data):
    w = update(data)
    target = page(w)
    appearance = generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form"),
         pdf_name("/BBox"): generic.ArrayObject(map(generic.NumberObject, [0, 0, 400, 100]))},
        stream_data=b"1 1 1 rg 0 0 400 100 re f")
    annotation = w.add_object(generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText"),
        pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, [72, 700, 472, 800])),
        pdf_name("/Contents"): pdf_string("evil"),
        pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): w.add_object(appearance)}),
    }))
    annotations = target.get("/Annots", generic.ArrayObject())
    target["/Annots"] = generic.ArrayObject(list(annotations) + [annotation])
    w.update_container(target)
    return finish(w)


def stamp(data):
    return free_text(data).replace(b"/FreeText", b"/Stamp   ")


def open_action(data):
    w = update(data)
    w.root["/OpenAction"] = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")})
    w.update_root()
    return finish(w)


def second_page_first(data):
    w = update(data)
    pages = w.root["/Pages"]
    pages["/Kids"] = generic.ArrayObject(reversed(pages["/Kids"]))
    w.update_container(pages)
    return finish(w)


def fewer_pages(data):
    w = update(data)
    pages = w.root["/Pages"]
    pages["/Kids"] = generic.ArrayObject(list(pages["/Kids"])[:1])
    pages["/Count"] = generic.NumberObject(1)
    w.update_container(pages)
    return finish(w)


def other_font(data):
    w = update(data)
    font = page(w)["/Resources"]["/Font"]["/F1"]
    font["/BaseFont"] = pdf_name("/Symbol")
    w.update_container(font)
    return finish(w)


def media_box(data):
    w = update(data)
    target = page(w)
    target["/CropBox"] = generic.ArrayObject(map(generic.NumberObject, [0, 0, 100, 100]))
    w.update_container(target)
    return finish(w)


def delete_field(data):
    w = update(data)
    form = w.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject(list(form["/Fields"])[1:])
    w.update_container(form["/Fields"])
    w.update_container(form)
    w.update_root()
    return finish(w)


def text_field(data):
    w = update(data)
    form = w.root["/AcroForm"]
    form["/Fields"].append(w.add_object(generic.DictionaryObject(
        {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): pdf_string("New"), pdf_name("/V"): pdf_string("!")})))
    w.update_container(form["/Fields"])
    w.update_container(form)
    return finish(w)


def empty_signature_field(data):
    w = update(data)
    append_signature_field(w, SigFieldSpec("Later"))
    return finish(w)


def visible_signature_field(data):
    w = update(data)
    append_signature_field(w, SigFieldSpec("Later", box=(72, 600, 300, 700), on_page=0))
    return finish(w)


def security_store(data):
    w = update(data)
    der = w.add_object(generic.StreamObject(stream_data=b"0\x03\x02\x01\x01"))
    w.root["/DSS"] = w.add_object(generic.DictionaryObject({pdf_name("/Certs"): generic.ArrayObject([der])}))
    w.update_root()
    return finish(w)


def security_store_with_more(data):
    w = update(data)
    w.root["/DSS"] = w.add_object(generic.DictionaryObject({pdf_name("/Evil"): generic.ArrayObject([])}))
    w.update_root()
    return finish(w)


def security_store_over_content(data):
    w = update(data)
    ref = page(w).raw_get("/Contents").reference
    w.objects[(ref.generation, ref.idnum)] = generic.StreamObject(stream_data=b"0\x03\x02\x01\x01")
    w.root["/DSS"] = w.add_object(generic.DictionaryObject(
        {pdf_name("/Certs"): generic.ArrayObject([generic.IndirectObject(ref.idnum, ref.generation, w)])}))
    w.update_root()
    return finish(w)


def info(data):
    w = update(data)
    w.set_info(w.add_object(generic.DictionaryObject({pdf_name("/Title"): pdf_string("Another title")})))
    return finish(w)


def metadata(data):
    w = update(data)
    xmp = (b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
           b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta><?xpacket end="w"?>')
    w.root["/Metadata"] = w.add_object(generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}, stream_data=xmp))
    w.update_root()
    return finish(w)


def orphan(data):
    w = update(data)
    w.add_object(generic.DictionaryObject({pdf_name("/Unused"): generic.BooleanObject(True)}))
    w.force_write_when_empty = True
    return finish(w)


def attachment(data):
    w = update(data)
    w.root["/Names"] = w.add_object(generic.DictionaryObject({pdf_name("/EmbeddedFiles"): generic.DictionaryObject(
        {pdf_name("/Names"): generic.ArrayObject([])})}))
    w.update_root()
    return finish(w)


def fill_text(data):
    w = update(data)
    for field in w.root["/AcroForm"]["/Fields"]:
        field = field.get_object()
        if field.get("/FT") == "/Tx":
            field["/V"] = pdf_string("Natal")
            w.update_container(field)
            return finish(w)
    return None


def move_text(data):
    w = update(data)
    for field in w.root["/AcroForm"]["/Fields"]:
        field = field.get_object()
        if field.get("/FT") == "/Tx":
            field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, [0, 0, 595, 842]))
            w.update_container(field)
            return finish(w)
    return None


def signature_value(data):
    """The signed field gets a copy of its signature with another name in it."""
    w = update(data)
    for field in w.root["/AcroForm"]["/Fields"]:
        field = field.get_object()
        if "/V" in field and field.get("/FT") == "/Sig":
            value = generic.DictionaryObject(field["/V"])
            value["/Name"] = pdf_string("Somebody else")
            ref = field.raw_get("/V").reference
            w.objects[(ref.generation, ref.idnum)] = value
            w._force_write_when_empty = True
            return finish(w)
    return None


TAMPERINGS = [
    replace_content, new_content, free_text, stamp, open_action, second_page_first, fewer_pages, other_font, media_box,
    delete_field, text_field, empty_signature_field, visible_signature_field, security_store,
    security_store_with_more, security_store_over_content, info, metadata, orphan, attachment,
    fill_text, move_text, signature_value,
]


def main():
    command, *arguments = sys.argv[1:]
    if command == "judge":
        for path in arguments:
            try:
                verdict = {"signatures": judge(path)}
            except Exception as error:
                verdict = {"signatures": [], "error": f"{type(error).__name__}: {error}"[:200]}
            print(json.dumps({"file": path, **verdict}))
        return
    path, folder = arguments
    with open(path, "rb") as file:
        data = file.read()
    for tampering in TAMPERINGS:
        try:
            changed = tampering(data)
        except Exception as error:
            print(f"{tampering.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        if changed is not None:
            with open(f"{folder}/{tampering.__name__}.pdf", "wb") as file:
                file.write(changed)


main()
