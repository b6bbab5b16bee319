// The main job: from a fresh server to a signed PDF, with the mouse.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expectAccessible } from "../support/axe.ts";
import { canvasReady, card, closeToasts, connect, dropNode, edgeLabel, flowId, inspect, leaveInspector, look, openFlow, publish, saved } from "../support/editor.ts";
import { expect, hydrated, open, OWNER, refused, signIn, test, troubles } from "../support/fluxo.ts";
import { expectSigned, identity, pdf } from "../support/pdf.ts";

const run = promisify(execFile);

test.describe.configure({ mode: "serial" });

const folder = mkdtempSync(join(tmpdir(), "fluxo-main-job-"));
const contract = join(folder, "contract.pdf");
const by = identity();
let flow = "";

test.beforeAll(() => writeFileSync(contract, pdf()));

/** Sends the contract as a person would, from a shell. */
async function send(url: string, to: string): Promise<{ status: string; type: string }> {
  const args = ["-sS", "--data-binary", `@${contract}`, "-H", "Content-Type: application/pdf", "-o", to, "-w", "%{http_code} %{content_type}", url];
  const [status = "", type = ""] = (await run("curl", args)).stdout.split(" ");
  return { status, type };
}

test("the first page makes the owner, and an empty flow opens", async ({ page }) => {
  const found = troubles(page);
  await open(page, "/");
  await expect(page).toHaveURL(/\/welcome$/);
  await look(page, "welcome");
  await page.getByRole("textbox", { name: "Name" }).fill(OWNER.name);
  await page.getByRole("textbox", { name: "E-mail" }).fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page).toHaveURL(/\/flows$/);
  await hydrated(page);
  await expect(page.getByRole("button", { name: /^Sign a PDF from a webhook/ })).toContainText("needs a credential");
  await expect(page.getByRole("button", { name: /^Collect a daily report/ })).toContainText("ready to run");
  await look(page, "gallery");
  await page.getByRole("button", { name: "New flow" }).click();
  await expect(page).toHaveURL(/\/flows\/[^/]+$/);
  await canvasReady(page);
  await expect(page.getByRole("heading", { name: "Start with a trigger" })).toBeVisible();
  await look(page, "empty-flow");
  await expectAccessible(page, "empty flow");
  flow = flowId(page);
  expect(found).toEqual([]);
});

test("three nodes are dragged, connected, filled in and published", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await openFlow(page, flow);
  const webhook = await dropNode(page, "webhook", { x: 440, y: 320 }, "Webhook");
  const sign = await dropNode(page, "pdf_sign", { x: 760, y: 320 }, "Sign PDF");
  const respond = await dropNode(page, "respond", { x: 1080, y: 320 }, "Respond to webhook");
  await connect(page, webhook, sign);
  await connect(page, sign, respond);
  await page.getByRole("button", { name: "New flow", exact: true }).click();
  await page.getByRole("textbox", { name: "Name of the flow" }).fill("Sign contracts");
  await page.keyboard.press("Enter");
  await expect(page.locator(".flow-name")).toHaveText("Sign contracts");
  await look(page, "connected");

  const form = await inspect(page, sign);
  await look(page, "inspector-sign");
  await form.getByRole("button", { name: "New credential" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("A1 of Ana");
  await dialog.locator("input[type=file]").setInputFiles(by.p12);
  await expect(dialog.getByText("identity.p12")).toBeVisible();
  await dialog.getByLabel("Password", { exact: true }).fill("not this one");
  await dialog.getByRole("button", { name: "Save the credential" }).click();
  await expect(dialog.getByRole("alert")).toContainText("The certificate password is wrong.");
  refused(found, 422);
  await look(page, "credential-wrong");
  await dialog.getByLabel("Password", { exact: true }).fill(by.password);
  await dialog.getByRole("button", { name: "Save the credential" }).click();
  await expect(dialog.getByText("A1 of Ana is saved")).toBeVisible();
  await expect(dialog.getByText(by.name).first(), "the certificate's holder").toBeVisible();
  await look(page, "credential-saved");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toBeHidden();
  await expect(form.locator(".credential-card")).toContainText("A1 of Ana");
  await expect(form.locator(".credential-card")).toContainText(by.name);
  await look(page, "inspector-signed");
  await expectAccessible(page, "inspector of Sign PDF");
  await leaveInspector(page);

  const address = await inspect(page, webhook);
  await address.getByRole("textbox", { name: "Path" }).fill("sign");
  await saved(page);
  await address.getByRole("radio", { name: "Live" }).click();
  await expect(address.locator("[data-webhook-url]")).toHaveText(/\/webhook\/sign$/);
  await look(page, "inspector-webhook");
  await leaveInspector(page);
  await expect(webhook.locator("> span")).toHaveText("POST sign");
  await publish(page, 1);
  await look(page, "published");
  expect(found).toEqual([]);
});

test("a PDF sent to the webhook comes back signed", async ({ fluxo }) => {
  const signed = join(folder, "signed.pdf");
  expect(await send(`${fluxo.url}/webhook/sign`, signed)).toEqual({ status: "200", type: "application/pdf" });
  expect(readFileSync(signed).length).toBeGreaterThan(readFileSync(contract).length);
  expectSigned(signed, by);
});

test("the run is on the runs page with its items, times and file", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, "/runs");
  await page.locator(".runrow").first().click();
  await expect(page).toHaveURL(/\/runs\/[^/]+$/);
  const facts = page.locator(".run-facts");
  await expect(facts).toContainText("Done");
  await expect(facts).toContainText("Webhook");
  const lanes = page.locator("button.g-row");
  await expect(lanes).toHaveCount(3);
  for (const [i, name] of ["Webhook", "Sign PDF", "Respond to webhook"].entries()) {
    await expect(lanes.nth(i)).toHaveAccessibleName(new RegExp(`^${name}: .*\\d.*s.*, 1 item$`));
  }
  await look(page, "run-timeline");
  await lanes.nth(1).click();
  const data = page.locator(".one-step");
  await expect(data.getByRole("heading", { name: "Sign PDF" })).toBeVisible();
  await expect(data.locator("table.data")).toContainText(by.name);
  await data.getByRole("table").getByRole("button", { name: /\.pdf$/ }).click();
  await expect(data.getByRole("radio", { name: "Files 1" })).toBeChecked();
  await expect(data.locator(".file-head")).toContainText("1 page");
  await expect(data.locator("iframe.pdf")).toBeVisible();
  await look(page, "run-file");
  const href = await data.getByRole("link", { name: "Download" }).getAttribute("href");
  const kept = await page.request.get(href ?? "");
  expect(Buffer.compare(await kept.body(), readFileSync(join(folder, "signed.pdf"))), "the kept file is what the caller got").toBe(0);
  await expectAccessible(page, "a run's data");
  expect(found).toEqual([]);
});

test("the run is on the canvas with its states and counts", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, `/flows/${flow}/runs`);
  await page.locator(".runrow").first().click();
  await page.getByRole("link", { name: "Open on canvas" }).click();
  await canvasReady(page);
  const [webhook, sign, respond] = [card(page, "Webhook"), card(page, "Sign PDF"), card(page, "Respond to webhook")];
  for (const node of [webhook, sign, respond]) await expect(node).toHaveAttribute("data-s", "ok");
  await expect(await edgeLabel(page, webhook, sign)).toHaveText("1");
  await expect(await edgeLabel(page, sign, respond)).toHaveText("1");
  await expect(page.locator(".strip")).toContainText("done");
  await expect(page.locator(".strip")).toContainText("3 done");
  await expectAccessible(page, "a run on the canvas");
  const output = await inspect(page, sign);
  await expect(output.getByRole("region", { name: "Output" })).toContainText("1 item");
  await look(page, "inspector-run");
  await leaveInspector(page);
  await closeToasts(page);
  await page.mouse.click(700, 600);
  await page.mouse.move(700, 640);
  await look(page, "canvas-run");
  if (process.env.FLUXO_SCREENSHOTS) await page.screenshot({ path: "../docs/images/editor.png" });
  expect(found).toEqual([]);
});

test("a test call is followed live on the canvas", async ({ page, fluxo }) => {
  await signIn(page);
  await openFlow(page, flow);
  const form = await inspect(page, card(page, "Webhook"));
  await form.getByRole("radio", { name: "Test" }).click();
  await form.getByRole("button", { name: "Listen for a test call" }).click();
  await expect(form.getByText("Waiting for one call of the test URL")).toBeVisible();
  await leaveInspector(page);
  const signed = join(folder, "tested.pdf");
  expect(await send(`${fluxo.url}/webhook-test/sign`, signed)).toEqual({ status: "200", type: "application/pdf" });
  expectSigned(signed, by);
  for (const name of ["Webhook", "Sign PDF", "Respond to webhook"]) await expect(card(page, name)).toHaveAttribute("data-s", "ok");
  await expect(page.locator(".strip")).toContainText("3 done");
});
