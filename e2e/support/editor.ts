// The editor as a person uses it: with the mouse and the keyboard.
import { expect, type Locator, type Page } from "@playwright/test";

import { hydrated, open } from "./fluxo.ts";

export type Spot = { x: number; y: number };

/** Opens a flow and waits until its canvas is drawn. */
export async function openFlow(page: Page, id: string): Promise<void> {
  await open(page, `/flows/${id}`);
  await canvasReady(page);
}

export async function canvasReady(page: Page): Promise<void> {
  await hydrated(page);
  await expect(page.locator(".canvas[data-ready]")).toBeVisible();
}

/** The id of the flow that the page shows. */
export function flowId(page: Page): string {
  const [, id] = new URL(page.url()).pathname.match(/^\/flows\/([^/]+)/) ?? [];
  if (!id) throw new Error(`${page.url()} is no flow's page`);
  return id;
}

/** The card of the node called `name`. */
export function card(page: Page, name: string): Locator {
  return page.locator(".canvas .node", { has: page.locator(`b[title="${name}"]`) });
}

export function port(node: Locator, side: "in" | "out", name: string): Locator {
  return node.locator(`.port.${side}[data-port="${name}"]`);
}

export async function middle(of: Locator): Promise<Spot> {
  const box = await of.boundingBox();
  if (!box) throw new Error(`${of} is not on the page`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Presses at `from`, moves, lets go at `to`. */
export async function drag(page: Page, from: Spot, to: Spot): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
  await page.mouse.up();
}

/** Drags a node kind from the palette; its card's middle comes to `at`, within half a step of the grid. */
export async function dropNode(page: Page, kind: string, at: Spot, name: string): Promise<Locator> {
  if (!(await page.locator(".palette").isVisible())) await page.locator(".add-button").click();
  const row = page.locator(`.palette [data-kind="${kind}"]`).first();
  await row.scrollIntoViewIfNeeded();
  await drag(page, await middle(row), at);
  const node = card(page, name);
  await expect(node).toBeVisible();
  await expect(page.locator(".palette")).toBeHidden();
  return node;
}

/** Drags from an output port to an input port. */
export async function connect(page: Page, from: Locator, to: Locator, output = "out"): Promise<void> {
  const edges = page.locator("path[data-edge]");
  const before = await edges.count();
  await drag(page, await middle(port(from, "out", output)), await middle(port(to, "in", "in")));
  await expect(edges).toHaveCount(before + 1);
}

/** The label on the edge between two cards: its port and how many items went along. */
export async function edgeLabel(page: Page, from: Locator, to: Locator): Promise<Locator> {
  const [a, b] = [await from.getAttribute("data-node-id"), await to.getAttribute("data-node-id")];
  return page.locator(`.elabel[data-edge^="${a}."][data-edge*="-${b}."]`);
}

/** Opens a node as people do: with a double click on its card. */
export async function inspect(page: Page, node: Locator): Promise<Locator> {
  const at = await middle(node);
  await page.mouse.dblclick(at.x, at.y);
  const inspector = page.locator(`.inspector[data-inspects="${await idOf(node)}"]`);
  await expect(inspector).toBeVisible();
  return inspector;
}

/** Back from the inspector to the canvas. */
export async function leaveInspector(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Back to canvas" }).click();
  await expect(page.locator(".inspector")).toBeHidden();
}

async function idOf(node: Locator): Promise<string> {
  return (await node.getAttribute("data-node-id")) ?? "";
}

/** Waits until the server has the draft. */
export async function saved(page: Page): Promise<void> {
  await expect(page.locator("[data-state=saved]")).toBeVisible();
}

export async function publish(page: Page, version: number): Promise<void> {
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(page.locator(".toast", { hasText: `Version ${version} is live` })).toBeVisible();
  await expect(page.locator(".editor-bar .badge", { hasText: `Published v${version}` })).toBeVisible();
}

/** Closes the news at the edge of the page. */
export async function closeToasts(page: Page): Promise<void> {
  const close = page.locator(".toast").getByRole("button", { name: "Close" });
  while (await close.count()) await close.first().click();
}

/** Waits until exactly these nodes are selected. */
export async function selected(page: Page, names: string[]): Promise<void> {
  await expect(page.locator(".node.sel b")).toHaveText(names);
}

/** Keeps a picture of the page beside the test's results when `FLUXO_LOOK` names a folder: for people who look. */
export async function look(page: Page, name: string): Promise<void> {
  const folder = process.env.FLUXO_LOOK;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Makes a flow without the page; gives its id. */
export async function makeFlow(page: Page, document: object): Promise<string> {
  const made = await page.request.post("/api/v1/flows", { data: { document }, headers: { "x-fluxo": "1" } });
  expect(made.ok(), await made.text()).toBeTruthy();
  return (await made.json()).id;
}

/** The flow as the server has it. */
export async function draftOf(page: Page, id: string): Promise<{ nodes: { name: string; position: number[] }[]; edges: unknown[] }> {
  return (await (await page.request.get(`/api/v1/flows/${id}`)).json()).draft;
}
