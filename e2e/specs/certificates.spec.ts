// Certificates: what the credentials page tells of them, and who is warned before they end.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { expectAccessible } from "../support/axe.ts";
import { canvasReady, card, inspect, look, makeFlow, openFlow } from "../support/editor.ts";
import { expect, open, refused, signIn, test, troubles } from "../support/fluxo.ts";
import { identity, PERSON, SEAL } from "../support/pdf.ts";

test.describe.configure({ mode: "serial" });

const HEADERS = { "x-fluxo": "1" };
const company = identity({ name: "Empresa Exemplo Ltda:12345678000195", days: 200, more: SEAL });
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const nav = (page: Page) => page.getByRole("navigation", { name: /Main|Principal/ });

async function upload(page: Page, name: string, file: ReturnType<typeof identity>): Promise<void> {
  const secret = { file: readFileSync(file.p12).toString("base64"), password: file.password };
  const made = await page.request.post("/api/v1/credentials", { data: { name, kind: "pkcs12", secret }, headers: HEADERS });
  expect(made.status(), await made.text()).toBe(201);
}

/** The page light and dark, narrow and wide, in both languages, for people who look. */
async function looks(page: Page, path: string, name: string, then: () => Promise<void> = async () => {}): Promise<void> {
  if (!process.env.FLUXO_LOOK) return;
  const url = new URL(page.url()).origin;
  for (const [theme, width, lang] of [["light", 1280, "en"], ["dark", 1280, "pt-BR"], ["light", 1920, "pt-BR"], ["dark", 1920, "en"]] as const) {
    await page.context().addCookies([{ name: "theme", value: theme, url }, { name: "lang", value: lang, url }]);
    await page.setViewportSize({ width, height: 800 });
    await open(page, path);
    await then();
    await page.waitForTimeout(300);
    await look(page, `${name}-${theme}-${width}-${lang}`);
  }
  await page.context().addCookies([{ name: "theme", value: "system", url }, { name: "lang", value: "en", url }]);
  await page.setViewportSize({ width: 1280, height: 800 });
  await open(page, path);
}

test("what is wrong with a file is said at its field, and a seal is explained", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, "/credentials");
  await looks(page, "/credentials", "credentials-empty");
  await page.getByRole("button", { name: "New credential" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Certificate for signing" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill("Company seal");
  const whole = readFileSync(company.p12);
  const file = dialog.locator("input[type=file]");
  await file.setInputFiles({ name: "cut.p12", mimeType: "application/x-pkcs12", buffer: whole.subarray(0, whole.length / 2) });
  await expect(dialog.getByText("cut.p12")).toBeVisible();
  const password = dialog.getByLabel("Password", { exact: true });
  await password.fill(company.password);
  const save = dialog.getByRole("button", { name: "Save the credential" });
  await save.click();
  await expect(dialog.getByRole("alert")).toContainText("The certificate file is damaged.");
  await look(page, "certificate-damaged");
  await file.setInputFiles(company.p12);
  await expect(dialog.getByText("identity.p12")).toBeVisible();
  await password.fill("not this one");
  await save.click();
  await expect(dialog.getByRole("alert")).toContainText("The certificate password is wrong.");
  await expect(password).toHaveAttribute("aria-invalid", "true");
  refused(found, 422);
  await look(page, "certificate-wrong-password");
  await password.fill(company.password);
  await save.click();
  await expect(dialog.getByText("Company seal is saved")).toBeVisible();
  const facts = dialog.locator(".summary-box");
  await expect(facts).toContainText("Empresa Exemplo Ltda");
  await expect(facts).toContainText("12.345.678/0001-95");
  await expect(facts).toContainText("***.654.321-**");
  await expect(facts).toContainText("Test root");
  await expect(facts).toContainText(/\(in \d+ days\)/);
  await expect(facts.locator(".badge")).toHaveText(["ICP-Brasil", "Seal"]);
  await expect(dialog.locator(".callout.warn")).toContainText("Contracts need a person's certificate.");
  await expectAccessible(page, "a seal was saved");
  await look(page, "certificate-seal");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Company seal").locator(".badge")).toHaveText(["ICP-Brasil", "Seal"]);
  await expect(nav(page).locator(".nav-count")).toHaveCount(0);
  expect(found).toEqual([]);
});

test("what ends soon or has expired is marked, for everybody who may see it", async ({ page, browser, baseURL }) => {
  await signIn(page);
  const found = troubles(page);
  await upload(page, "A1 of Ana", identity({ name: "Ana Conceição:12345678909", days: 10, more: PERSON }));
  await upload(page, "A1 of last year", identity({ name: "Bruno Lima", days: -1 }));
  await upload(page, "A1 of Carla", identity({ name: "Carla Dias", days: 400, more: PERSON }));
  const secret = { user: "ana", password: "s3cret-word" };
  await page.request.post("/api/v1/credentials", { data: { name: "Bank", kind: "http_basic", secret }, headers: HEADERS });
  await open(page, "/credentials");
  await expect(page.locator(".callout.err")).toContainText("Expired: A1 of last year.");
  await expect(page.locator(".callout.warn")).toContainText("Ends soon: A1 of Ana.");
  await expect(row(page, "A1 of Ana").locator(".until .badge.warn")).toHaveText("in 9 days");
  await expect(row(page, "A1 of Ana")).toContainText("Ana Conceição · ***.456.789-** · Test root");
  await expect(row(page, "A1 of last year").locator(".until .badge.err")).toHaveText("expired");
  await expect(row(page, "A1 of Carla").locator(".until")).toContainText("in 399 days");
  await expect(row(page, "A1 of Carla").locator(".until .badge")).toHaveCount(0);
  await expect(row(page, "Bank").locator(".until")).toHaveText("");
  await expect(nav(page).locator(".nav-count")).toHaveText("2");
  await expectAccessible(page, "credentials with certificates");
  await looks(page, "/credentials", "certificates");
  await looks(page, "/credentials", "certificate-soon", async () => {
    await row(page, "A1 of Ana").getByRole("button", { name: "A1 of Ana" }).first().click();
    await expect(page.getByRole("dialog").locator(".summary-box")).toBeVisible();
  });
  expect(await page.content()).not.toContain("12345678909");

  const url = new URL(baseURL ?? "").origin;
  const viewer = { email: "vera@example.com", name: "Vera", password: "a long password", role: "viewer" };
  expect((await page.request.post("/api/v1/users", { data: viewer, headers: HEADERS })).status()).toBe(201);
  const other = await browser.newContext({ baseURL });
  await other.addCookies([{ name: "lang", value: "pt-BR", url }]);
  const there = await other.newPage();
  await there.request.post("/api/v1/session", { data: { email: viewer.email, password: viewer.password }, headers: HEADERS });
  await open(there, "/flows");
  await expect(nav(there).locator(".nav-count")).toHaveText("2");
  await open(there, "/credentials");
  await expect(there.locator(".callout.err")).toContainText("Expirado: A1 of last year.");
  await expect(row(there, "A1 of Ana").locator(".until .badge.warn")).toHaveText("em 9 dias");
  await other.close();
  expect(found).toEqual([]);
});

test("Sign PDF's form tells which certificates don't hold", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const sign = { id: "s", name: "Sign PDF", kind: "pdf_sign", position: [320, 160], parameters: {} };
  const start = { id: "m", name: "Manual", kind: "manual", position: [80, 160], parameters: {} };
  const document = { name: "Sign", nodes: [start, sign], edges: [{ from: "m", to: "s" }] };
  await openFlow(page, await makeFlow(page, document));
  await canvasReady(page);
  const form = await inspect(page, card(page, "Sign PDF"));
  const choice = form.getByLabel("Certificate", { exact: true });
  await expect(choice.locator("option")).toHaveText(
    ["Choose a credential", "A1 of Ana (in 9 days)", "A1 of Carla", "A1 of last year (expired)", "Company seal"]);
  await page.getByRole("button", { name: "Publish" }).click();
  const refusal = page.locator(".toast").filter({ hasText: "This draft can't be published yet" });
  const chip = page.locator('.chip[aria-current="step"]');
  await expect(refusal).toBeVisible();
  await expect(chip.locator(".err")).toBeVisible();
  await expect(form.getByRole("alert")).toContainText("No credential is chosen for 'Certificate'.");
  await look(page, "certificate-missing");
  refused(found, 422);
  await choice.selectOption({ label: "A1 of last year (expired)" });
  const chosen = form.locator(".credential-card");
  await expect(chosen.locator(".badge.err")).toHaveText("expired");
  await expect(chosen).toContainText("Bruno Lima");
  await look(page, "certificate-chosen");
  await expectAccessible(page, "an expired certificate is chosen");
  await expect(chip.locator(".err")).toHaveCount(0);
  await expect(form.getByRole("alert")).toHaveCount(0);
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Version 1 is live")).toBeVisible();
  await expect(refusal).toHaveCount(0);
  expect(found).toEqual([]);
});

test("the log and the doctor warn; what is deleted or replaced is warned of no more", async ({ page, fluxo }) => {
  await signIn(page);
  await fluxo.stop();
  await fluxo.start();
  await expect(() => {
    expect(fluxo.log()).toMatch(/WARN.*A credential's certificate ends soon.*A1 of Ana.*days_left\S*9/);
    expect(fluxo.log()).toMatch(/WARN.*A credential's certificate has expired.*A1 of last year/);
  }).toPass({ timeout: 15_000 });
  const doctor = spawnSync(process.env.FLUXO_BIN ?? "", ["doctor", "--data", fluxo.data, "--listen", "127.0.0.1:0"], { encoding: "utf8" });
  expect(doctor.stdout).toMatch(/WRONG certificates: .*“A1 of Ana” ends on .*“A1 of last year” expired on /);

  await open(page, "/credentials");
  await expect(nav(page).locator(".nav-count")).toHaveText("2");
  await page.getByRole("button", { name: "More for A1 of Ana" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the credential" }).click();
  await expect(nav(page).locator(".nav-count")).toHaveText("1");
  await row(page, "A1 of last year").getByRole("button", { name: "A1 of last year" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("switch", { name: "Replace the secret" }).click();
  const fresh = identity({ name: "Bruno Lima", days: 300 });
  await dialog.locator("input[type=file]").setInputFiles(fresh.p12);
  await dialog.getByLabel("Password", { exact: true }).fill(fresh.password);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(dialog.getByText("A1 of last year is saved")).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(nav(page).locator(".nav-count")).toHaveCount(0);
  await expect(page.locator(".callout.err, .callout.warn")).toHaveCount(0);
});
