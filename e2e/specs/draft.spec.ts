// The draft: nothing that was drawn is lost by a reload, a lost connection or somebody else's save.
import type { Browser, Page, Route } from "@playwright/test";

import { canvasReady, card, draftOf, drag, look, makeFlow, middle, openFlow, saved } from "../support/editor.ts";
import { expect, signIn, test } from "../support/fluxo.ts";

const DRAWING = {
  name: "Shared",
  nodes: [
    { id: "start", name: "Start", kind: "manual", position: [64, 160] },
    { id: "shape", name: "Shape", kind: "edit_fields", position: [384, 160] },
  ],
  edges: [{ from: "start", to: "shape" }],
};
const BRUNO = { email: "bruno@example.com", name: "Bruno Editor", password: "another long password", role: "editor" };

async function move(page: Page, name: string, by: { x: number; y: number }): Promise<void> {
  const at = await middle(card(page, name));
  await drag(page, at, { x: at.x + by.x, y: at.y + by.y });
}

const isSave = (route: Route) => route.request().method() === "PUT";

test("the draft survives a reload, also while the server can't be reached", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  await move(page, "Shape", { x: 0, y: 128 });
  await page.reload();
  await canvasReady(page);
  await saved(page);
  expect((await draftOf(page, flow)).nodes.map(({ position }) => position)).toEqual([[64, 160], [384, 288]]);

  await page.route(`**/api/v1/flows/${flow}`, (route) => (isSave(route) ? route.abort() : route.continue()));
  await move(page, "Shape", { x: 128, y: 0 });
  await expect(page.locator(".editor-bar")).toContainText("Offline, kept in this browser");
  await look(page, "draft-offline");
  await page.reload();
  await canvasReady(page);
  await expect(page.locator(".toast")).toContainText("Unsaved changes are back");
  await page.unroute(`**/api/v1/flows/${flow}`);
  await saved(page);
  expect((await draftOf(page, flow)).nodes.map(({ position }) => position)).toEqual([[64, 160], [512, 288]]);
});

/** A second person in a browser of their own. */
async function bruno(browser: Browser, owner: Page): Promise<Page> {
  const headers = { "x-fluxo": "1" };
  const made = await owner.request.post("/api/v1/users", { data: BRUNO, headers });
  expect([201, 200, 409]).toContain(made.status());
  const context = await browser.newContext({ baseURL: new URL(owner.url()).origin });
  const entered = await context.request.post("/api/v1/session", { data: { email: BRUNO.email, password: BRUNO.password }, headers });
  expect(entered.ok(), await entered.text()).toBeTruthy();
  return context.newPage();
}

test("who looks on sees what another saves", async ({ page, browser }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  const other = await bruno(browser, page);
  await openFlow(other, flow);
  await move(other, "Start", { x: 0, y: -64 });
  await saved(other);
  await expect(page.locator(".toast")).toContainText("Bruno Editor changed this flow");
  await expect(card(page, "Start")).toHaveCSS("transform", "matrix(1, 0, 0, 1, 64, 96)");
  await other.context().close();
});

for (const choice of ["Keep mine", "Take theirs"] as const) {
  test(`two who change the same draft are told, and one says: ${choice}`, async ({ page, browser }) => {
    await signIn(page);
    const flow = await makeFlow(page, DRAWING);
    await openFlow(page, flow);
    const other = await bruno(browser, page);
    await openFlow(other, flow);
    // This page's save stays on its way until the other one has arrived.
    let release = () => {};
    const arrived = new Promise<void>((done) => (release = done));
    const held = page.waitForRequest((request) => request.method() === "PUT");
    await page.route(`**/api/v1/flows/${flow}`, async (route) => {
      if (isSave(route)) await arrived;
      await route.continue();
    });
    await move(page, "Shape", { x: 0, y: 64 });
    await held;
    await move(other, "Start", { x: 0, y: -64 });
    await saved(other);
    release();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Bruno Editor saved this flow while you were changing it.");
    await expect(dialog.locator(".changed-list li")).toHaveText(["Start"]);
    await look(page, "draft-conflict");
    await dialog.getByRole("button", { name: choice }).click();
    await expect(dialog).toBeHidden();
    await saved(page);
    const { nodes } = await draftOf(page, flow);
    const mine = [[64, 160], [384, 224]];
    const theirs = [[64, 96], [384, 160]];
    expect(nodes.map(({ position }) => position)).toEqual(choice === "Keep mine" ? mine : theirs);
    if (choice === "Take theirs") {
      const clip = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
      expect(clip.nodes[1].position, "what was drawn here is in the clipboard").toEqual([384, 224]);
    }
    await other.context().close();
  });
}
