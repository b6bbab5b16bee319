// The flows that a newcomer starts from do what their cards say.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { canvasReady, card, inspect, leaveInspector, look, saved } from "../support/editor.ts";
import { expect, Fluxo, open, signIn, test, troubles } from "../support/fluxo.ts";
import { expectSigned, identity, pdf } from "../support/pdf.ts";

test.use({ env: { FLUXO_HTTP_ALLOW: "127.0.0.1/32" } });
test.describe.configure({ mode: "serial" });

/** Makes the flow of a card. While there is none they are on the page, later in the menu of “New flow”. */
async function take(page: Page, name: string): Promise<void> {
  await open(page, "/flows");
  const starter = page.locator("button.starter").filter({ hasText: name });
  if (!(await starter.isVisible())) {
    await page.getByRole("button", { name: "Start from an example" }).click();
    await page.getByRole("menuitem", { name }).click();
  } else {
    await starter.click();
  }
  await expect(page).toHaveURL(/\/flows\/[^/]+$/);
  await canvasReady(page);
}

/** Runs the flow from the canvas; resolves when its strip says how it ended. */
async function run(page: Page): Promise<void> {
  await saved(page);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.locator(".strip .state.ok")).toBeVisible({ timeout: 20_000 });
}

const files = (fluxo: Fluxo, folder: string) => {
  const path = join(fluxo.data, "files", folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
};

test("every PDF of a folder is signed, and what can't be is set aside", async ({ page, fluxo }) => {
  await signIn(page);
  const found = troubles(page);
  const by = identity();
  const secret = { file: readFileSync(by.p12).toString("base64"), password: by.password };
  const headers = { "x-fluxo": "1" };
  const made = await page.request.post("/api/v1/credentials", { data: { name: "My A1", kind: "pkcs12", secret }, headers });
  expect(made.status()).toBe(201);
  const inbox = join(fluxo.data, "files", "inbox");
  mkdirSync(inbox, { recursive: true });
  for (const name of ["a.pdf", "b.pdf"]) writeFileSync(join(inbox, name), pdf({ text: name }));
  writeFileSync(join(inbox, "no.pdf"), "This is a letter, not a PDF.");
  writeFileSync(join(inbox, "notes.txt"), "Not for signing.");

  await take(page, "Sign everything in a folder every night");
  const form = await inspect(page, card(page, "Sign PDF"));
  await form.getByLabel("Certificate", { exact: true }).selectOption({ label: "My A1" });
  await leaveInspector(page);
  await run(page);
  await look(page, "gallery-folder");
  expect(files(fluxo, "inbox")).toEqual(["notes.txt"]);
  expect(files(fluxo, "done")).toEqual(["a.pdf", "b.pdf"]);
  expect(files(fluxo, "failed")).toEqual(["no.pdf"]);
  expect(files(fluxo, "signed")).toEqual(["a.pdf", "b.pdf"]);
  for (const name of ["a.pdf", "b.pdf"]) expectSigned(join(fluxo.data, "files", "signed", name), by);
  expect(found).toEqual([]);
});

test("a report is collected and saved", async ({ page, fluxo }) => {
  await signIn(page);
  const found = troubles(page);
  // As the central bank answers.
  const rates = ["5.4012", "5.3888", "5.41"].map((valor, i) => ({ data: `0${i + 1}/11/2026`, valor }));
  const bank: Server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(rates));
  });
  await new Promise<void>((ready) => bank.listen(0, "127.0.0.1", ready));
  await take(page, "Collect a daily report");
  const form = await inspect(page, card(page, "Fetch the rates"));
  await form.getByLabel("URL", { exact: true }).fill(`http://127.0.0.1:${(bank.address() as AddressInfo).port}/rates`);
  await leaveInspector(page);
  await run(page);
  bank.close();
  const [report, ...others] = files(fluxo, "reports");
  expect(others).toEqual([]);
  expect(report).toMatch(/^\d{4}-\d\d-\d\d\.json$/);
  const saidIs = JSON.parse(readFileSync(join(fluxo.data, "files", "reports", report ?? ""), "utf8"));
  expect(saidIs).toEqual({ days: 3, lowest: 5.3888, highest: 5.41, average: 5.4 });
  expect(found).toEqual([]);
});
