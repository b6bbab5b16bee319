// The program comes in parts: lists do not wait for the editor, and nothing waits for a part that is already here.
import { canvasReady, makeFlow } from "../support/editor.ts";
import { expect, hydrated, open, refused, signIn, test, troubles } from "../support/fluxo.ts";

const FLOW = {
  name: "Parts",
  nodes: [{ id: "start", name: "Start", kind: "manual", position: [64, 160] }],
  edges: [],
};

const part = (name: string) => new RegExp(`/assets/(?:[a-z]+-)*${name}(?:-[a-z]+)*-[0-9a-f]{12}\\.wasm$`);

test("the flows page is there before the rest of the program, which follows by itself", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const asked: string[] = [];
  page.on("request", (request) => request.url().endsWith(".wasm") && asked.push(request.url()));
  const rest = [part("editor"), part("pages")].map((name) => page.waitForResponse(name));
  await page.goto("/flows");
  await hydrated(page);
  expect(asked.map((url) => new URL(url).pathname.replace(/-[0-9a-f]{12}\.wasm$/, ""))).toEqual(["/assets/fluxo_bg"]);
  for (const response of await Promise.all(rest)) expect(response.status()).toBe(200);
  expect(found).toEqual([]);
});

test("every page opens by a link and by its address", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const id = await makeFlow(page, FLOW);
  const links = page.getByRole("navigation", { name: "Main" });
  for (const [name, path] of [["Runs", "/runs"], ["Credentials", "/credentials"], ["Users", "/settings/users"], ["API keys", "/settings/keys"]]) {
    await open(page, "/flows");
    await links.getByRole("link", { name }).click();
    await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
    await expect(page).toHaveURL(path);
    await open(page, path);
    await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  }
  await open(page, "/flows");
  await page.getByRole("link", { name: "Parts" }).first().click();
  await canvasReady(page);
  await page.getByRole("link", { name: "Runs" }).last().click();
  await expect(page).toHaveURL(`/runs?flow=${id}`);
  await open(page, `/flows/${id}`);
  await canvasReady(page);
  expect(found).toEqual([]);
});

test("a part that is gone since the server was updated says so, and a reload helps", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const id = await makeFlow(page, FLOW);
  await page.route(/\/assets\/.*(editor|pages).*\.wasm$/, (route) => route.fulfill({ status: 404 }));

  await open(page, "/flows");
  await page.getByRole("link", { name: "Parts" }).first().click();
  await expect(page.getByText("A part of this page could not be loaded.")).toBeVisible();
  await page.getByRole("link", { name: "Flows", exact: true }).first().click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }).click();
  await expect(page.getByText("A part of this page could not be loaded.")).toBeVisible();
  await page.goto("/credentials");
  await expect(page.getByRole("alert"), "what the server drew can't be used without its part").toContainText("Reload");

  await page.unroute(/\/assets\/.*(editor|pages).*\.wasm$/);
  await page.getByRole("button", { name: "Reload" }).click();
  await hydrated(page);
  await open(page, `/flows/${id}`);
  await canvasReady(page);
  refused(found, 404);
});
