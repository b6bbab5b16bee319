// What a large flow feels like. Started by `cargo xtask bench canvas`, which made the flows and wants the figures back.
import { writeFileSync } from "node:fs";

import { type CDPSession, expect, type Page, test } from "@playwright/test";

import { signIn } from "./session.ts";

type Figure = { name: string; value: number; unit: string };

const PANE = ".canvas";
const CARD = "[data-node-id]";
const GESTURE_MS = 3_000;

const flows = (process.env.FLUXO_FLOWS ?? "").split(",").map((pair) => pair.split("="));
const figures: Figure[] = [];

test("first open", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: process.env.FLUXO_URL });
  await signIn(context);
  const page = await context.newPage();
  const bytes = await transferred(await context.newCDPSession(page));
  await page.goto("/flows");
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await page.evaluate(() => document.fonts.ready);
  const first = bytes();
  figures.push({ name: "first open: bytes until the flows page can be used", value: first / 1e3, unit: "kB" });
  await page.waitForLoadState("networkidle");
  figures.push({ name: "first open: bytes of the rest, fetched meanwhile", value: (bytes() - first) / 1e3, unit: "kB" });
  await context.close();
});

for (const [count, id] of flows) {
  test(`${count} nodes`, async ({ browser }) => {
    const context = await browser.newContext({ baseURL: process.env.FLUXO_URL });
    await signIn(context);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    const add = (name: string, value: number, unit: string) => figures.push({ name: `canvas, ${count} nodes: ${name}`, value, unit });

    const bytes = await transferred(cdp);
    await page.addInitScript(watchUntilUsable);
    await page.goto(`/flows/${id}`);
    await page.waitForFunction(() => "usableAt" in window, undefined, { timeout: 120_000 });
    add("first open until usable", (await page.evaluate(() => (window as any).usableAt)) / 1e3, "s");
    add("bytes when opened first, until usable", bytes() / 1e3, "kB");
    await page.waitForLoadState("networkidle").catch(() => undefined);
    add("bytes when opened first, with what is fetched ahead", bytes() / 1e3, "kB");
    await page.reload();
    await page.waitForFunction(() => "usableAt" in window, undefined, { timeout: 120_000 });
    add("opened again until usable", (await page.evaluate(() => (window as any).usableAt)) / 1e3, "s");

    for (const [key, view] of [["0", "at 100 %"], ["1", "all in view"]]) {
      await page.locator(PANE).focus();
      await page.keyboard.press(key);
      await page.waitForTimeout(800);
      add(`DOM elements ${view}`, await page.evaluate(() => document.querySelectorAll("*").length), "elements");
      add(`panning ${view}`, await fps(page, (step) => wheel(page, step % 40 < 20 ? 24 : -24, step % 40 < 20 ? 16 : -16)), "fps");
      await page.keyboard.down("Control");
      add(`zooming ${view}`, await fps(page, (step) => wheel(page, 0, step % 20 < 10 ? 20 : -20)), "fps");
      await page.keyboard.up("Control");
      await page.keyboard.press(key);
      await page.waitForTimeout(800);
      const at = await someNode(page, Number(count));
      await page.mouse.move(at.x, at.y);
      await page.mouse.down();
      add(`dragging a node ${view}`, await fps(page, (step) => page.mouse.move(at.x + 120 * Math.sin(step / 8), at.y + 80 * Math.cos(step / 8))), "fps");
      await page.mouse.up();
      await expect(page.getByRole("button", { name: /^undo/i }), "the drag moved a node").toBeEnabled();
      await page.keyboard.press("Control+z");
    }
    await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    add("JavaScript heap", (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0) / 1e6, "MB");
    await context.close();
  });
}

test.afterAll(() => writeFileSync(process.env.FLUXO_OUT ?? "canvas.json", JSON.stringify(figures)));

/** In the page: the time after its start at which it is hydrated, shows the drawing, and has painted that. */
function watchUntilUsable(): void {
  const look = () => {
    const shown = document.querySelector("[data-node-id]") ?? document.querySelector(".canvas canvas");
    if (document.documentElement?.hasAttribute("data-hydrated") && shown) {
      requestAnimationFrame(() => requestAnimationFrame(() => ((window as any).usableAt = performance.now())));
    } else {
      setTimeout(look, 4);
    }
  };
  look();
}

/** Frames per second that the page's main thread gets while `act` is done over and over. */
async function fps(page: Page, act: (step: number) => Promise<unknown>): Promise<number> {
  await page.evaluate(() => {
    const count = { frames: 0, start: performance.now(), on: true };
    (window as any).count = count;
    const frame = () => {
      count.frames++;
      if (count.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const end = Date.now() + GESTURE_MS;
  for (let step = 0; Date.now() < end; step++) await act(step);
  return page.evaluate(() => {
    const count = (window as any).count;
    count.on = false;
    return (count.frames * 1e3) / (performance.now() - count.start);
  });
}

async function wheel(page: Page, x: number, y: number): Promise<void> {
  await page.mouse.wheel(x, y);
}

/** The middle of a card in view; in the far view, which has no cards, of where `fit` put one of the middle of the drawing. */
async function someNode(page: Page, count: number): Promise<{ x: number; y: number }> {
  const pane = await page.locator(PANE).boundingBox();
  if (!pane) throw new Error("The canvas is not there.");
  for (const card of await page.locator(CARD).all()) {
    const box = await card.boundingBox();
    if (box && box.width > 20 && box.x > pane.x + 200 && box.y > pane.y + 150 && box.x + box.width < pane.x + pane.width - 200 && box.y + box.height < pane.y + pane.height - 200) {
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }
  }
  // `flows::large` in the harness: 40 nodes a row, 320 px and 112 px apart, cards of 224 × 64 px; `fit` leaves 64 px around.
  const rows = Math.ceil(count / 40);
  const [width, height] = [39 * 320 + 224, (rows - 1) * 112 + 64];
  const zoom = Math.min(1, (pane.width - 128) / width, (pane.height - 128) / height);
  const middle = { x: 20 * 320 + 112 - width / 2, y: Math.floor(rows / 2) * 112 + 32 - height / 2 };
  return { x: pane.x + pane.width / 2 + middle.x * zoom, y: pane.y + pane.height / 2 + middle.y * zoom };
}

/** Bytes over the network from here on, as they were sent. */
async function transferred(cdp: CDPSession): Promise<() => number> {
  let sum = 0;
  await cdp.send("Network.enable");
  await cdp.send("Performance.enable");
  cdp.on("Network.loadingFinished", ({ encodedDataLength }) => (sum += encodedDataLength));
  return () => sum;
}
