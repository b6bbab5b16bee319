// A power cut in the middle of a run: what was acknowledged is finished.
import { canvasReady, card, look, makeFlow } from "../support/editor.ts";
import { expect, hydrated, open, signIn, test } from "../support/fluxo.ts";

const DOCUMENT = {
  name: "Slow work",
  nodes: [
    { id: "hook", name: "Order arrives", kind: "webhook", position: [64, 160], parameters: { methods: ["POST"], path: "orders", answer: "at_once" } },
    { id: "wait", name: "Wait", kind: "wait", position: [384, 160], parameters: { amount: 3, unit: "seconds" } },
    {
      id: "code",
      name: "Slow code",
      kind: "code",
      position: [704, 160],
      parameters: { source: "const end = Date.now() + 3000; while (Date.now() < end); return $input.all().map(i => ({ order: i.json.body.order, done: true }));" },
    },
  ],
  edges: [{ from: "hook", to: "wait" }, { from: "wait", to: "code" }],
};

test("a run that was acknowledged is finished after kill -9", async ({ page, fluxo }) => {
  await signIn(page);
  const headers = { "x-fluxo": "1" };
  const flow = await makeFlow(page, DOCUMENT);
  expect((await page.request.post(`/api/v1/flows/${flow}/publish`, { data: {}, headers })).ok()).toBeTruthy();
  expect((await page.request.post("/webhook/orders", { data: { order: 4711 } })).ok()).toBeTruthy();

  // Cut once while the run waits and once while its code works; the open page follows by itself.
  await open(page, "/runs");
  await page.locator(".runrow").first().click();
  const facts = page.locator(".run-facts");
  await expect(facts).toContainText("Waiting");
  await fluxo.kill();
  await fluxo.start();
  const code = page.locator("button.g-row", { hasText: "Slow code" });
  await expect(code.last()).toHaveAccessibleName(/running/, { timeout: 30_000 });
  await look(page, "crash-running");
  await fluxo.kill();
  await fluxo.start();
  await expect(facts).toContainText("Done", { timeout: 45_000 });
  await look(page, "crash-done");

  await page.reload();
  await hydrated(page);
  await expect(facts).toContainText("Done");
  await expect(page.locator(".runrow")).toHaveCount(1);
  await code.last().click();
  const data = page.locator(".one-step table.data");
  await expect(data).toContainText("4711");
  await expect(data.locator("tbody tr")).toHaveCount(1);

  await page.getByRole("link", { name: "Open on canvas" }).click();
  await canvasReady(page);
  for (const name of ["Order arrives", "Wait", "Slow code"]) await expect(card(page, name)).toHaveAttribute("data-s", "ok");
  await look(page, "crash-canvas");
});
