// What people did is kept: parameters that somebody else changed, an answer that got lost, what was typed too early.
import { card, canvasReady, draftOf, flowId, inspect, look, makeFlow, middle, openFlow, saved, selected } from "../support/editor.ts";
import { expect, hydrated, OWNER, signIn, test, troubles } from "../support/fluxo.ts";

const DRAWING = {
  name: "Kept",
  nodes: [
    { id: "start", name: "Start", kind: "manual", position: [64, 160] },
    { id: "call", name: "Call", kind: "http_request", position: [384, 160], parameters: { method: "GET", url: "http://mine.example/" } },
    { id: "shape", name: "Shape", kind: "no_operation", position: [704, 160] },
  ],
  edges: [{ from: "start", to: "call" }],
};

test("an open node shows what another saved, and does not write the former over it", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  const inspector = await inspect(page, card(page, "Call"));
  const url = inspector.getByRole("textbox", { name: "URL", exact: true });
  await expect(url).toHaveValue("http://mine.example/");
  const draft = await draftOf(page, flow);
  const call = draft.nodes.find((node: { id: string }) => node.id === "call") as unknown as { parameters: Record<string, unknown> };
  call.parameters.url = "http://theirs.example/";
  const headers = { "x-fluxo": "1", "if-match": "*" };
  const answer = await page.request.put(`/api/v1/flows/${flow}`, { data: draft, headers });
  expect(answer.ok(), await answer.text()).toBeTruthy();
  await expect(url).toHaveValue("http://theirs.example/");
});

test("a save whose answer got lost is no conflict", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  let lost = 0;
  await page.route(`**/api/v1/flows/${flow}`, async (route) => {
    if (route.request().method() !== "PUT" || lost++ > 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await card(page, "Shape").focus();
  await page.keyboard.press("Control+ArrowDown");
  await saved(page);
  await page.keyboard.press("Control+ArrowDown");
  await saved(page);
  await expect(page.getByRole("dialog")).toBeHidden();
  expect((await draftOf(page, flow)).nodes.map(({ position }) => position)[2]).toEqual([704, 192]);
  const copies = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("fluxo-draft")));
  expect(await copies()).toEqual([]);
});

test("the keyboard's focus chooses the node that keys act on", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  const at = await middle(card(page, "Shape"));
  await page.mouse.click(at.x, at.y);
  await selected(page, ["Shape"]);
  // Tab alone opens the palette.
  await card(page, "Shape").press("Shift+Tab");
  await expect(card(page, "Call")).toBeFocused();
  await selected(page, ["Call"]);

  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Connect Call to");
  await look(page, "connect-to");
  await page.keyboard.type("sha");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await saved(page);
  expect((await draftOf(page, flow)).edges).toHaveLength(2);

  await page.keyboard.press("e");
  await expect(page.locator("path.hover")).toHaveCount(1);
  await page.keyboard.press("Delete");
  await saved(page);
  expect((await draftOf(page, flow)).edges).toHaveLength(1);
});

test("nodes are copied without the browser's clipboard, and lie beside each other", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await signIn(page);
  const found = troubles(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  await card(page, "Shape").focus();
  for (const key of ["Control+c", "Control+v", "Control+v"]) await page.keyboard.press(key);
  await saved(page);
  const places = (await draftOf(page, flow)).nodes.map(({ position }) => position.join());
  expect(places).toHaveLength(5);
  expect(new Set(places).size).toBe(5);
  expect(found).toEqual([]);
});

test("a note that is being written keeps its text when a card is pressed", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  await card(page, "Shape").focus();
  await page.keyboard.press("Shift+N");
  await page.keyboard.type("Half a thought");
  const at = await middle(card(page, "Start"));
  await page.mouse.click(at.x, at.y);
  await saved(page);
  const draft = (await draftOf(page, flow)) as unknown as { notes: { text: string }[] };
  expect(draft.notes.map((note) => note.text)).toEqual(["Half a thought"]);
});

test("the flow's settings have a tab", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByRole("textbox", { name: "Description" }).fill("Calls and shapes");
  await page.getByRole("combobox", { name: "History" }).selectOption("The outcome only");
  await look(page, "flow-settings");
  await saved(page);
  const draft = (await draftOf(page, flow)) as unknown as { description: string; settings: { history: string } };
  expect([draft.description, draft.settings.history]).toEqual(["Calls and shapes", "outcome_only"]);
  await page.getByRole("link", { name: "Editor", exact: true }).click();
  await expect(card(page, "Call")).toBeVisible();
  expect(flowId(page)).toBe(flow);
  await canvasReady(page);
});

test("a flow that is switched off and on keeps its version", async ({ page }) => {
  await signIn(page);
  const flow = await makeFlow(page, DRAWING);
  const headers = { "x-fluxo": "1", "if-match": "*" };
  const published = await page.request.post(`/api/v1/flows/${flow}/publish`, { data: {}, headers });
  expect(published.ok(), await published.text()).toBeTruthy();
  const draft = { ...(await draftOf(page, flow)), name: "Half done" };
  expect((await page.request.put(`/api/v1/flows/${flow}`, { data: draft, headers })).ok()).toBeTruthy();
  await page.goto("/flows");
  await hydrated(page);
  const row = page.locator("tr", { hasText: "Half done" });
  await row.getByRole("switch").click();
  await expect(row).toContainText("Draft, not published");
  await row.getByRole("switch").click();
  await expect(row).toContainText("v1, draft has changes");
});

test("what is typed before the page answers is kept, and never goes into the address", async ({ page }) => {
  let release = () => {};
  const ready = new Promise<void>((done) => (release = done));
  await page.route("**/*.wasm", async (route) => {
    await ready;
    await route.continue();
  });
  await signIn(page);
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByRole("textbox", { name: "E-mail" }).fill(OWNER.email);
  await page.getByRole("textbox", { name: "Password" }).fill(OWNER.password);
  await page.keyboard.press("Enter");
  expect(new URL(page.url()).search).toBe("");
  release();
  await hydrated(page);
  await expect(page.getByRole("textbox", { name: "E-mail" })).toHaveValue(OWNER.email);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/flows");
});
