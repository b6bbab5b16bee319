// What needs a cluster, drawn on a server that has none.
import { canvasReady, card, dropNode, inspect, leaveInspector, look, makeFlow, openFlow, saved } from "../support/editor.ts";
import { expect, open, signIn, test, troubles } from "../support/fluxo.ts";

const LACK = "This server has no Kubernetes cluster";

test("a container says on its card and in its form that there is no cluster, while it is drawn", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, "/flows");
  await page.getByRole("button", { name: "New flow" }).click();
  await canvasReady(page);
  const job = await dropNode(page, "kubernetes_job", { x: 640, y: 320 }, "Kubernetes Job");
  await saved(page);
  await expect(job).toContainText(LACK);
  await look(page, "no-cluster-card");
  const inspector = await inspect(page, job);
  await expect(inspector.locator(".callout", { hasText: LACK })).toBeVisible();
  await look(page, "no-cluster-form");
  await leaveInspector(page);
  expect(found).toEqual([]);
});

test("a flow that is to run on the cluster says so in its settings and its bar, and a run says what to do", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const id = await makeFlow(page, {
    name: "Elsewhere",
    nodes: [{ id: "start", name: "Start", kind: "manual", position: [64, 160] }, { id: "end", name: "End", kind: "no_operation", position: [384, 160] }],
    edges: [{ from: "start", to: "end" }],
  });
  await openFlow(page, id);
  await expect(card(page, "End")).not.toContainText(LACK);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  const settings = page.getByRole("region", { name: "Settings" });
  await settings.getByLabel("Runs on").selectOption({ label: "The cluster" });
  await settings.getByLabel("Memory").fill("512Mi");
  await settings.getByLabel("Memory").blur();
  await saved(page);
  await expect(page.locator(".editor-bar .badge", { hasText: "Cluster" })).toBeVisible();
  await expect(settings.locator(".callout", { hasText: LACK })).toBeVisible();
  await look(page, "no-cluster-settings");
  const { draft } = await (await page.request.get(`/api/v1/flows/${id}`)).json();
  expect(draft.settings).toMatchObject({ runs_on: "cluster", cluster: { memory: "512Mi" } });

  const run = await page.request.post(`/api/v1/flows/${id}/runs`, { data: {}, headers: { "x-fluxo": "1" } });
  const { id: runId } = await run.json();
  await expect.poll(async () => (await (await page.request.get(`/api/v1/runs/${runId}`)).json()).error?.code).toBe("no_cluster");
  await open(page, `/runs/${runId}`);
  await expect(page.getByText("Set FLUXO_KUBECONFIG, or let the flow run on the server in its settings.").first()).toBeVisible();
  expect(found).toEqual([]);
});
