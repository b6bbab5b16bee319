// A PDF in the data of a run: its pages, and what its signatures are worth.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Locator, Page } from "@playwright/test";

import { expectAccessible } from "../support/axe.ts";
import { api } from "../support/cluster.ts";
import { canvasReady, card, inspect, leaveInspector, look, makeFlow } from "../support/editor.ts";
import { expect, type Fluxo, open, refused, signIn, test, troubles } from "../support/fluxo.ts";
import { identity, pdf } from "../support/pdf.ts";
import { ended, start } from "../support/runs.ts";

test.describe.configure({ mode: "serial" });

const by = identity();
// The server trusts Ana's authority and nobody of Bruno's.
const stranger = identity({ name: "Bruno Lima" });
test.use({ env: { FLUXO_SIGNATURE_ROOTS: by.root } });

let flow = "";
// The contract as Ana signed it.
let signed = Buffer.alloc(0);

/** Writes a file where the flow reads it. */
function put(fluxo: Fluxo, name: string, content: Buffer): void {
  mkdirSync(join(fluxo.data, "files"), { recursive: true });
  writeFileSync(join(fluxo.data, "files", name), content);
}

async function credential(page: Page, who: typeof by): Promise<string> {
  const secret = { file: readFileSync(who.p12).toString("base64"), password: who.password };
  return (await api<{ id: string }>(page, "POST", "/credentials", { name: `A1 of ${who.name}`, kind: "pkcs12", secret })).id;
}

/** Runs the flow and opens the run's page at the files that a node put out. */
async function filesOf(page: Page, node: string): Promise<Locator> {
  const run = await ended(page, await start(page, flow));
  expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
  await open(page, `/runs/${run.id}`);
  await page.getByRole("button", { name: new RegExp(`^${node}: `) }).click();
  const data = page.locator(".one-step");
  await expect(data.getByRole("heading", { name: node, exact: true })).toBeVisible();
  await data.getByRole("radio", { name: /^(Files|Arquivos) 1$/ }).click();
  return data;
}

const panelOf = (place: Locator | Page) => place.getByRole("region", { name: "Signatures" });

test("a flow signs a PDF, and its page shows who signed it", async ({ page, fluxo }) => {
  await signIn(page);
  const found = troubles(page);
  const [ana, bruno] = [await credential(page, by), await credential(page, stranger)];
  put(fluxo, "contract.pdf", pdf());
  const signing = (id: string, name: string, x: number, certificate: string) =>
    ({ id, name, kind: "pdf_sign", position: [x, 0], parameters: { reason: "I agree" }, credentials: { certificate } });
  flow = await makeFlow(page, {
    name: "Preview",
    nodes: [
      { id: "start", name: "Start", kind: "manual", position: [0, 0] },
      { id: "read", name: "Read contract", kind: "read_file", position: [320, 0], parameters: { path: "contract.pdf" } },
      signing("sign", "Sign", 640, ana),
      signing("again", "Sign again", 960, bruno),
    ],
    edges: [{ from: "start", to: "read" }, { from: "read", to: "sign" }, { from: "sign", to: "again" }],
  });
  const data = await filesOf(page, "Sign");
  const panel = panelOf(data);
  await expect(panel.getByRole("status")).toHaveText("The signature is valid.");
  await expect(panel).toContainText("Whether a certificate was revoked meanwhile was not asked.");
  const entry = panel.locator("details");
  await expect(entry).toHaveCount(1);
  await expect(entry.locator("summary")).toContainText("Ana Souza");
  await expect(entry.locator("summary")).toContainText("Valid");
  await expect(entry.locator("summary")).toContainText("issued by Test root");
  await expect(entry.locator("summary")).toContainText("as the signer’s computer claims, B-B");
  await expect(entry.locator("summary")).toContainText("Covers the whole file.");
  await expect(data.locator(".file-head")).toContainText("1 page");
  await expect(data.locator("iframe.pdf")).toBeVisible();
  await look(page, "pdf-valid");
  // Unfolded by keyboard.
  await entry.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(entry.locator(".facts")).toContainText("I agree");
  await expect(entry.locator("[data-code=pdf_time_not_proven]")).toBeVisible();
  await expect(entry.locator(".sig-chain")).toContainText("Test root");
  await look(page, "pdf-valid-open");
  await expectAccessible(page, "signature panel");
  expect(found).toEqual([]);
});

test("a second signer whom nobody vouches for is in doubt, and each version can be had", async ({ page }) => {
  await signIn(page);
  const data = await filesOf(page, "Sign again");
  const panel = panelOf(data);
  await expect(panel.getByRole("status")).toHaveText("It can’t be said for certain that all 2 signatures hold. See below why.");
  const [first, second] = [panel.locator("details").nth(0), panel.locator("details").nth(1)];
  await expect(first.locator("summary")).toContainText("Afterwards it was signed again or forms were filled in.");
  await expect(first).toHaveAttribute("data-status", "Valid");
  await expect(second).toHaveAttribute("data-status", "Indeterminate");
  await second.locator("summary").click();
  await expect(second.locator("[data-code=pdf_signer_untrusted]")).toHaveText(/None of the trusted authorities vouches/);
  await look(page, "pdf-doubt");
  await first.locator("summary").click();
  const link = first.getByRole("link", { name: "Download as it was signed" });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  expect(download.suggestedFilename()).toBe("contract-signed-signed-1.pdf");
  const version = readFileSync(await download.path());
  const whole = await page.request.get((await data.getByRole("link", { name: "Download", exact: true }).getAttribute("href")) ?? "");
  const bytes = await whole.body();
  expect(version.length).toBeLessThan(bytes.length);
  expect(Buffer.compare(version, bytes.subarray(0, version.length)), "the version is the file's beginning").toBe(0);
  signed = version;
});

test("in the inspector the pages can be made as large as the window", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, `/flows/${flow}/runs`);
  await page.locator(".runrow").first().click();
  await page.getByRole("link", { name: "Open on canvas" }).click();
  await canvasReady(page);
  const inspector = await inspect(page, card(page, "Sign"));
  const input = inspector.getByRole("region", { name: "Input" });
  await input.getByRole("radio", { name: "Files 1" }).click();
  await expect(panelOf(input).getByRole("status")).toHaveText("No signatures");
  const output = inspector.getByRole("region", { name: "Output" });
  await output.getByRole("radio", { name: "Files 1" }).click();
  await expect(panelOf(output).getByRole("status")).toHaveText("The signature is valid.");
  await look(page, "pdf-inspector");
  await output.getByRole("button", { name: "Large view" }).click();
  const dialog = page.getByRole("dialog");
  await expect(panelOf(dialog).getByRole("status")).toHaveText("The signature is valid.");
  const box = await dialog.locator("iframe.pdf").boundingBox();
  expect(box?.width).toBeGreaterThan(700);
  await look(page, "pdf-large");
  await expectAccessible(page, "large view of a PDF");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(inspector).toBeVisible();
  await leaveInspector(page);
  expect(found).toEqual([]);
});

test("a PDF that was changed after signing is invalid, in the reader’s language", async ({ page, fluxo, context }) => {
  await signIn(page);
  const changed = Buffer.from(signed);
  changed.write("Kontrato", changed.indexOf("Contrato de teste"), "latin1");
  put(fluxo, "changed.pdf", changed);
  await context.addCookies([{ name: "lang", value: "pt", url: fluxo.url }]);
  flow = await makeFlow(page, {
    name: "Read",
    nodes: [
      { id: "start", name: "Start", kind: "manual", position: [0, 0] },
      { id: "read", name: "Read contract", kind: "read_file", position: [320, 0], parameters: { path: "changed.pdf" } },
    ],
    edges: [{ from: "start", to: "read" }],
  });
  const data = await filesOf(page, "Read contract");
  const panel = data.getByRole("region", { name: "Assinaturas" });
  await expect(panel.getByRole("status")).toHaveText("A assinatura não é válida. Não confie neste arquivo.");
  const entry = panel.locator("details");
  await expect(entry.locator("summary")).toContainText("Inválida");
  await entry.locator("summary").click();
  await expect(entry.locator("[data-code=pdf_signature_altered]")).toHaveText(/O conteúdo assinado foi alterado/);
  await expect(entry.getByRole("link")).toHaveCount(0);
  await look(page, "pdf-invalid-pt");
  await expectAccessible(page, "signature panel of an invalid file");
});

test("a file that is no PDF says so", async ({ page, fluxo, context }) => {
  await signIn(page);
  await context.clearCookies({ name: "lang" });
  const found = troubles(page);
  put(fluxo, "changed.pdf", Buffer.from("This is a letter, not a PDF."));
  const data = await filesOf(page, "Read contract");
  await expect(panelOf(data).locator("[data-code=pdf_not_a_pdf]")).toHaveText("The file is not a PDF. Choose a PDF file, or convert this one to PDF first.");
  await expect(data.locator("iframe.pdf"), "the viewer would show an error of its own").toHaveCount(0);
  refused(found, 422);
  await look(page, "pdf-none");
  expect(found).toEqual([]);
});
