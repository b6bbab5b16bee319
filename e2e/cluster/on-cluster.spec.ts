// Flows whose runs are Jobs of Fluxo's own image.
import { api, expect, get, kubectl, test } from "../support/cluster.ts";
import { makeFlow } from "../support/editor.ts";
import { open, signIn } from "../support/fluxo.ts";
import { ended, output, start } from "../support/runs.ts";

type Job = { metadata: { name: string; labels: Record<string, string> }; spec: { template: { spec: { containers: { image: string; resources: { limits?: { memory?: string } } }[] } } } };

const jobs = async (namespace: string) => (await get<{ items: Job[] }>("jobs", "--namespace", namespace)).items;

type Drawn = { name: string; settings: object; nodes: { id: string; name: string; kind: string; position: number[]; parameters: object }[]; edges: object[] };

/** Start → what the script gives → a field. */
const document = (name: string, source: string, cluster = {}): Drawn => ({
  name,
  settings: { runs_on: "cluster", cluster },
  nodes: [
    { id: "start", name: "Start", kind: "manual", position: [0, 0], parameters: {} },
    { id: "code", name: "Code", kind: "code", position: [320, 0], parameters: { mode: "all_items", source } },
    { id: "next", name: "Next", kind: "edit_fields", position: [640, 0], parameters: { assignments: [{ name: "seen", value: "={{ $json.sum + 1 }}" }] } },
  ],
  edges: [{ from: "start", to: "code" }, { from: "code", to: "next" }],
});

test.beforeEach(({ page }) => signIn(page));

test("a run on the cluster is one Job of the server's image, live on the page", async ({ page, site }) => {
  const before = (await jobs(site.namespace)).map((job) => job.metadata.name);
  const flow = await makeFlow(page, document("On the cluster", "return [{ sum: 41 }];", { memory: "384Mi" }));
  const id = await start(page, flow);
  await open(page, `/runs/${id}`);
  await expect(page.locator(".run-facts")).toContainText("Done", { timeout: 90_000 });
  const done = await ended(page, id);
  expect(done.error).toBeUndefined();
  expect(await output(page, done, "next")).toMatchObject([{ sum: 41, seen: 42 }]);
  const made = (await jobs(site.namespace)).filter((job) => !before.includes(job.metadata.name));
  expect(made).toHaveLength(1);
  const [container] = made[0]?.spec.template.spec.containers ?? [];
  expect(container?.image).toBe(process.env.FLUXO_TEST_IMAGE);
  expect(container?.resources.limits?.memory).toBe("384Mi");
});

test("a webhook is answered by a run on the cluster", async ({ page, site }) => {
  const flow = await makeFlow(page, {
    name: "Answers",
    settings: { runs_on: "cluster" },
    nodes: [
      { id: "hook", name: "Call", kind: "webhook", position: [0, 0], parameters: { methods: ["POST"], path: "on-the-cluster" } },
      { id: "edit", name: "Edit", kind: "edit_fields", position: [320, 0], parameters: { assignments: [{ name: "word", value: "={{ $json.body.word }}" }], include: "none" } },
    ],
    edges: [{ from: "hook", to: "edit" }],
  });
  await api(page, "POST", `/flows/${flow}/publish`, {});
  const answer = await page.request.post(`${site.url}/webhook/on-the-cluster`, { data: { word: "hello" }, timeout: 90_000 });
  expect(await answer.text()).toContain("hello");
});

test("a run goes on when its server is killed meanwhile", async ({ page, site }) => {
  const slow = document("Slow", "return [{ sum: 1 }];");
  slow.nodes.splice(1, 0, { id: "wait", name: "Wait", kind: "wait", position: [160, 0], parameters: { amount: 20, unit: "seconds" } });
  slow.edges = [{ from: "start", to: "wait" }, { from: "wait", to: "code" }, { from: "code", to: "next" }];
  const id = await start(page, await makeFlow(page, slow));
  const pods = async () => (await get<{ items: { status: { phase: string } }[] }>("pods", "--namespace", site.namespace, "--selector", `fluxo.dev/run=${id}`)).items;
  await expect.poll(async () => (await pods())[0]?.status.phase, { timeout: 60_000 }).toBe("Running");
  await kubectl("delete", "pod", "--selector", "app.kubernetes.io/name=fluxo,app.kubernetes.io/instance=fluxo", "--namespace", site.namespace, "--force", "--grace-period=0");
  const done = await ended(page, id, 150);
  expect(done.error).toBeUndefined();
  expect(await output(page, done, "next")).toMatchObject([{ sum: 1, seen: 2 }]);
});
