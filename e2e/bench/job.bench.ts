// How late a container's lines are in the browser. Started by `cargo xtask bench job`; the container, on this machine, writes
// how long the machine has been up.
import { readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "@playwright/test";

import { signIn } from "./session.ts";

test("lines of a container", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: process.env.FLUXO_URL });
  await signIn(context);
  const page = await context.newPage();
  const made = await context.request.post(`/api/v1/flows/${process.env.FLUXO_FLOW}/runs`, { data: {}, headers: { "x-fluxo": "1" } });
  expect(made.ok(), await made.text()).toBeTruthy();
  const upSince = Date.now() - Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1e3;
  await page.addInitScript(watchLines, upSince);
  await page.goto(`/runs/${(await made.json()).id}`);
  await page.getByRole("tab", { name: "Log" }).click();
  // Lines that were there when the page came say nothing; those of the next seconds do.
  await page.waitForFunction(() => (window as any).late?.length >= 40, undefined, { timeout: 60_000 });
  const late: number[] = (await page.evaluate(() => (window as any).late)).slice(-30).sort((a: number, b: number) => a - b);
  const at = (part: number) => late[Math.floor((late.length - 1) * part)] ?? NaN;
  const figures = [
    { name: "job: a line is in the browser, median", value: at(0.5), unit: "ms" },
    { name: "job: a line is in the browser, 95 of 100 within", value: at(0.95), unit: "ms" },
  ];
  writeFileSync(process.env.FLUXO_OUT ?? "job.json", JSON.stringify(figures));
  await context.close();
});

/** In the page: milliseconds between the time that stands in a line and the frame after it came into the page. */
function watchLines(upSince: number): void {
  const seen = new Set<string>();
  const late: number[] = ((window as any).late = []);
  const look = () => {
    for (const [line, time] of (document.body?.innerText ?? "").matchAll(/line-(\d+\.\d+)/g)) {
      if (!seen.has(line)) {
        seen.add(line);
        late.push(Date.now() - upSince - Number(time) * 1e3);
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
