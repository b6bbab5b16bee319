// The canvas under the mouse and the keyboard.
import type { Page } from "@playwright/test";

import { card, connect, draftOf, drag, dropNode, look, makeFlow, middle, openFlow, port, saved, selected } from "../support/editor.ts";
import { expect, signIn, test, troubles } from "../support/fluxo.ts";

const DRAWING = {
  name: "Drawing",
  nodes: [
    { id: "start", name: "Start", kind: "manual", position: [64, 160] },
    { id: "shape", name: "Shape", kind: "edit_fields", position: [384, 160] },
    { id: "end", name: "End", kind: "no_operation", position: [704, 160] },
    { id: "loose", name: "Loose", kind: "no_operation", position: [384, 320] },
  ],
  edges: [{ from: "start", to: "shape" }, { from: "shape", to: "end" }],
};

let flow = "";
let found: string[] = [];

test.beforeEach(async ({ page }) => {
  await signIn(page);
  found = troubles(page);
  flow = await makeFlow(page, DRAWING);
  await openFlow(page, flow);
});

test.afterEach(() => expect(found).toEqual([]));

const edges = (page: Page) => page.locator("path[data-edge]");

/** The point halfway between two cards' ports: on the edge. */
async function onEdge(page: Page, from: string, to: string): Promise<{ x: number; y: number }> {
  const [a, b] = [await middle(port(card(page, from), "out", "out")), await middle(port(card(page, to), "in", "in"))];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

async function place(page: Page, name: string): Promise<{ x: number; y: number }> {
  const { x, y } = await middle(card(page, name));
  return { x: Math.round(x), y: Math.round(y) };
}

test("the wheel pans, with Ctrl it zooms to the pointer", async ({ page }) => {
  const before = await place(page, "Shape");
  await page.mouse.move(before.x, before.y);
  await page.mouse.wheel(120, 80);
  const panned = { x: before.x - 120, y: before.y - 80 };
  await expect.poll(() => place(page, "Shape")).toEqual(panned);
  const width = async () => (await card(page, "Shape").boundingBox())?.width ?? 0;
  const narrow = await width();
  await page.mouse.move(panned.x, panned.y);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await expect.poll(width).toBeGreaterThan(narrow * 1.2);
  const after = await place(page, "Shape");
  expect(Math.hypot(after.x - panned.x, after.y - panned.y), "what is under the pointer stays").toBeLessThanOrEqual(2);
  await page.keyboard.press("0");
  await expect(page.getByRole("button", { name: "Zoom to 100 %" })).toHaveText("100 %");
});

test("fit and minimap bring the drawing back", async ({ page }) => {
  await page.mouse.move(640, 600);
  await page.mouse.wheel(4000, 3000);
  await expect(page.locator(".node")).toHaveCount(0);
  await page.keyboard.press("1");
  for (const { name } of DRAWING.nodes) await expect(card(page, name)).toBeInViewport({ ratio: 1 });
  const before = await place(page, "Shape");
  const map = (await page.locator(".minimap").boundingBox())!;
  // To the map's lower right corner, and the drawing goes to the upper left.
  await drag(page, { x: map.x + map.width / 2, y: map.y + map.height / 2 }, { x: map.x + map.width - 20, y: map.y + map.height - 20 });
  await expect.poll(async () => (await place(page, "Shape")).x).toBeLessThan(before.x);
  await page.getByRole("button", { name: "Fit to view" }).click();
  await expect.poll(() => place(page, "Shape")).toEqual(before);
});

test("a box selects several, and they move together", async ({ page }) => {
  const [shape, loose, start] = [await place(page, "Shape"), await place(page, "Loose"), await place(page, "Start")];
  await drag(page, { x: shape.x - 140, y: shape.y - 60 }, { x: loose.x + 140, y: loose.y + 60 });
  await selected(page, ["Shape", "Loose"]);
  await expect(page.locator(".node-tools")).toContainText("2 selected");
  await look(page, "editor-box");
  await drag(page, shape, { x: shape.x + 64, y: shape.y - 96 });
  const moved = async () => [await place(page, "Shape"), await place(page, "Loose"), await place(page, "Start")];
  const there = [{ x: shape.x + 64, y: shape.y - 96 }, { x: loose.x + 64, y: loose.y - 96 }, start];
  await expect.poll(moved).toEqual(there);
  await page.keyboard.press("Control+z");
  await expect.poll(moved).toEqual([shape, loose, start]);
  await page.keyboard.press("Control+Shift+z");
  await expect.poll(moved).toEqual(there);
  await saved(page);
  expect((await draftOf(page, flow)).nodes.map(({ position }) => position)).toEqual([[64, 160], [448, 64], [704, 160], [448, 224]]);
});

test("nodes are deleted, brought back, duplicated", async ({ page }) => {
  await page.mouse.click((await place(page, "Shape")).x, (await place(page, "Shape")).y);
  await selected(page, ["Shape"]);
  await page.keyboard.press("Delete");
  await expect(card(page, "Shape")).toBeHidden();
  await expect(edges(page), "what it stood between is connected").toHaveCount(1);
  await page.getByRole("button", { name: "Undo (Ctrl+Z)" }).click();
  await expect(card(page, "Shape")).toBeVisible();
  await expect(edges(page)).toHaveCount(2);
  await page.getByRole("button", { name: "Redo (Ctrl+Shift+Z)" }).click();
  await expect(card(page, "Shape")).toBeHidden();
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+a");
  await expect(page.locator(".node.sel")).toHaveCount(4);
  await page.keyboard.press("Control+d");
  await expect(page.locator(".node")).toHaveCount(8);
  await expect(edges(page)).toHaveCount(4);
  await look(page, "editor-duplicated");
});

test("nodes go through the clipboard as JSON", async ({ page }) => {
  const [shape, end] = [await place(page, "Shape"), await place(page, "End")];
  await drag(page, { x: shape.x - 140, y: shape.y - 60 }, { x: end.x + 140, y: end.y + 60 });
  await selected(page, ["Shape", "End"]);
  await page.keyboard.press("Control+c");
  const clip = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(clip.nodes.map(({ name }: { name: string }) => name)).toEqual(["Shape", "End"]);
  expect(clip.edges).toEqual([{ from: "shape", to: "end" }]);
  await page.keyboard.press("Control+v");
  await expect(page.locator(".node")).toHaveCount(6);
  await expect(edges(page)).toHaveCount(3);
  await page.keyboard.press("Control+z");
  await expect(page.locator(".node")).toHaveCount(4);
  await page.evaluate(() => navigator.clipboard.writeText("no nodes here"));
  await page.keyboard.press("Control+v");
  await expect(page.locator(".toast")).toContainText("Nothing to paste");
});

test("a node goes into an edge: by its plus, from the palette, by dropping a card on it", async ({ page }) => {
  const at = await onEdge(page, "Start", "Shape");
  await page.mouse.move(at.x, at.y);
  await page.getByRole("button", { name: "Insert a node here" }).click();
  await page.keyboard.type("wait");
  await page.keyboard.press("Enter");
  await expect(card(page, "Wait")).toBeVisible();
  await expect(edges(page)).toHaveCount(3);
  await look(page, "editor-inserted");
  await page.keyboard.press("1");
  await dropNode(page, "filter", await onEdge(page, "Wait", "Shape"), "Filter");
  await expect(edges(page)).toHaveCount(4);
  await page.keyboard.press("1");
  await drag(page, await place(page, "Loose"), await onEdge(page, "Shape", "End"));
  await expect(edges(page)).toHaveCount(5);
  await saved(page);
  const { edges: kept, nodes } = await draftOf(page, flow);
  expect(nodes).toHaveLength(6);
  expect(kept).toHaveLength(5);
  expect(kept).toContainEqual({ from: "shape", to: "loose" });
  expect(kept).toContainEqual({ from: "loose", to: "end" });
});

test("an edge is deleted by its button, drawn anew, and a forbidden one says why", async ({ page }) => {
  const at = await onEdge(page, "Shape", "End");
  await page.mouse.move(at.x, at.y);
  await look(page, "editor-edge");
  await page.getByRole("button", { name: "Delete this edge" }).click();
  await expect(edges(page)).toHaveCount(1);
  await connect(page, card(page, "Shape"), card(page, "End"));
  const from = await middle(port(card(page, "End"), "out", "out"));
  const to = await middle(port(card(page, "Shape"), "in", "in"));
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 8 });
  await expect(page.locator(".why")).toContainText("circle");
  await look(page, "editor-forbidden");
  await page.mouse.up();
  await expect(edges(page)).toHaveCount(2);
  // Dropped on empty canvas, an edge asks which node it leads to.
  await drag(page, from, { x: from.x + 20, y: from.y + 200 });
  await expect(page.locator(".palette")).toBeVisible();
  await page.keyboard.type("stop");
  await page.keyboard.press("Enter");
  await expect(edges(page)).toHaveCount(3);
});
