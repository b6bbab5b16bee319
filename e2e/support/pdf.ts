// PDFs, certificates, and the independent judges of signatures.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Identity = {
  /** PKCS#12 with key, certificate and issuer. */
  p12: string;
  password: string;
  /** The issuer's certificate (PEM), to be trusted by whoever judges. */
  root: string;
  name: string;
};

/** What makes a certificate one of a person (CPF 123.456.789-09), or the seal of a company, under policies of ICP-Brasil. */
export const PERSON =
  "certificatePolicies=2.16.76.1.2.3.1\nsubjectAltName=otherName:2.16.76.1.3.1;PRINTABLESTRING:0101198012345678909000000000001234567SSPSP\n";
export const SEAL =
  "certificatePolicies=2.16.76.1.2.201.7\nsubjectAltName=otherName:2.16.76.1.3.3;PRINTABLESTRING:12345678000195," +
  "otherName:2.16.76.1.3.4;PRINTABLESTRING:0101198098765432100000000000000000000000000\n";

/** A new root and a certificate for signing under it. `days` may be negative: expired. `more`: further extensions. */
export function identity({ name = "Ana Souza", password = "s3cret", days = 365, more = "" } = {}): Identity {
  const folder = mkdtempSync(join(tmpdir(), "fluxo-identity-"));
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const root = at("root.pem");
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", root, "-days", "3650", "-subj", "/C=BR/O=Fluxo tests/CN=Test root",
    "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  openssl("req", "-utf8", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", `/C=BR/O=Fluxo tests/CN=${name}`);
  writeFileSync(at("leaf.ext"),
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection\n" +
    `subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${more}`);
  openssl("x509", "-req", "-in", "leaf.csr", "-CA", root, "-CAkey", "root.key", "-CAcreateserial", "-days", String(days), "-extfile", "leaf.ext", "-out", "leaf.pem");
  const p12 = at("identity.p12");
  openssl("pkcs12", "-export", "-inkey", "leaf.key", "-in", "leaf.pem", "-certfile", root, "-name", name, "-passout", `pass:${password}`, "-out", p12);
  return { p12, password, root, name };
}

/** A one-page PDF of about `size` bytes, saying `text`. */
export function pdf({ size = 100_000, text = "Contrato de teste" } = {}): Buffer {
  const shown = `BT /F1 24 Tf 72 760 Td (${text.replace(/[()\\]/g, "\\$&")}) Tj ET\n`;
  // Drawing that shows nothing fills the page up to the size.
  const filler = "0 0 m 1 1 l n\n".repeat(Math.max(0, Math.floor((size - shown.length - 700) / 14)));
  const stream = shown + filler;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${stream.length} >>\nstream\n${stream}endstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  let body = "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = body.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  body += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(body, "latin1");
}

/** Throws unless poppler, qpdf and pyHanko all find `file` well-formed, and its one signature valid, over the whole file and by `by`. */
export function expectSigned(file: string, by: Identity): void {
  const poppler = judge("pdfsig", [file]);
  for (const sentence of ["Signature is Valid", "Total document signed", `Signer Certificate Common Name: ${by.name}`]) {
    if (!poppler.includes(sentence)) throw new Error(`pdfsig does not say "${sentence}":\n${poppler}`);
  }
  judge("qpdf", ["--check", file]);
  const pyhanko = process.env.FLUXO_TEST_PYHANKO ?? "pyhanko";
  const verdict = judge(pyhanko, ["sign", "validate", "--trust", by.root, "--trust-replace", "--pretty-print", file]);
  for (const sentence of ["The signature is judged VALID", "The signature covers the entire file"]) {
    if (!verdict.includes(sentence)) throw new Error(`pyHanko does not say "${sentence}":\n${verdict}`);
  }
}

function judge(program: string, args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} refuses the file.\n${stdout ?? error}${stderr ?? ""}`);
  }
}
