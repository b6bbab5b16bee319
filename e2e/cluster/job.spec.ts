// Containers as nodes: what comes out, and what each failure says.
import { api, apply, CHART, expect, get, helm, kubectl, test } from "../support/cluster.ts";
import { card, look, makeFlow, openFlow } from "../support/editor.ts";
import { signIn } from "../support/fluxo.ts";
import { ended, output, type Run, start } from "../support/runs.ts";
import type { Page } from "@playwright/test";

const BUSYBOX = process.env.FLUXO_TEST_BUSYBOX ?? "localhost/busybox:dev";

type Parameters = Record<string, unknown>;

/** A shell's script in the busybox image. */
const shell = (script: string): Parameters => ({
  image: BUSYBOX,
  command: [{ value: "sh" }, { value: "-c" }],
  arguments: [{ value: script }],
  cpu_request: "10m",
  memory_request: "16Mi",
  memory_limit: "64Mi",
});

/** Two orders → a Job → a field that shows that its output arrived. */
async function makeJob(page: Page, parameters: Parameters, settings = {}): Promise<string> {
  return makeFlow(page, {
    name: "A container",
    nodes: [
      { id: "start", name: "Start", kind: "manual", position: [0, 0], parameters: {} },
      { id: "orders", name: "Orders", kind: "code", position: [320, 0], parameters: { mode: "all_items", source: "return [{ total: 40 }, { total: 2 }];" } },
      { id: "job", name: "Job", kind: "kubernetes_job", position: [640, 0], parameters, settings },
      { id: "next", name: "Next", kind: "edit_fields", position: [960, 0], parameters: { assignments: [{ name: "seen", value: "={{ $json.sum }}" }] } },
    ],
    edges: [{ from: "start", to: "orders" }, { from: "orders", to: "job" }, { from: "job", to: "next" }],
  });
}

async function run(page: Page, parameters: Parameters): Promise<Run> {
  return ended(page, await start(page, await makeJob(page, parameters)));
}

test.beforeEach(({ page }) => signIn(page));

const SUM = "echo working; sum=$(grep -o '\"total\":[0-9]*' \"$FLUXO_INPUT\" | cut -d: -f2 | awk '{ s += $1 } END { print s }'); echo \"{\\\"sum\\\": $sum}\"";

test("a container reads the items, and its output reaches the next node", async ({ page }) => {
  const done = await run(page, shell(SUM));
  expect(done.error).toBeUndefined();
  expect(done.status).toBe("succeeded");
  const [item] = await output(page, done, "next");
  expect(item).toMatchObject({ sum: 42, seen: 42, job: { exit_code: 0 } });
});

test("files of the output folder become files of items", async ({ page }) => {
  const done = await run(page, { ...shell("echo one > $FLUXO_OUTPUT/a.txt; echo two > $FLUXO_OUTPUT/b.txt"), output: "files" });
  expect(done.error).toBeUndefined();
  expect(await output(page, done, "next")).toHaveLength(2);
});

test("a container is confined: nobody's user, a root that is read-only, no token of the cluster", async ({ page }) => {
  const facts = [
    'echo "user $(id -u)"',
    "touch /tmp/scratch && echo scratch can be written",
    "touch /root-file 2>/dev/null || echo root is read-only",
    "[ -e /var/run/secrets/kubernetes.io ] || echo no token",
    "grep NoNewPrivs /proc/self/status",
    "grep CapEff /proc/self/status",
  ];
  const done = await run(page, { ...shell(facts.join("; ")), output: "text" });
  expect(done.error).toBeUndefined();
  const [item] = await output(page, done, "job");
  expect(String(item?.text ?? JSON.stringify(item)).replaceAll("\t", " ")).toContain(
    ["user 65532", "scratch can be written", "root is read-only", "no token", "NoNewPrivs: 1", "CapEff: 0000000000000000"].join("\n"));
});

test("a container's lines are followed in the editor and on the run's page while it works", async ({ page }) => {
  await openFlow(page, await makeJob(page, shell(`echo first line; sleep 8; ${SUM}`)));
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("button", { name: "Log", exact: true }).click();
  const log = page.getByRole("log");
  await expect(log).toContainText("first line", { timeout: 30_000 });
  await expect(card(page, "Job")).toHaveAttribute("data-s", "run");
  await look(page, "job-log-editor");
  await page.getByRole("link", { name: "Open run" }).click();
  await page.getByRole("tab", { name: "Log" }).click();
  await expect(page.getByRole("log")).toContainText("first line");
  await expect(page.getByRole("log")).toContainText("working", { timeout: 30_000 });
  await expect(page.locator(".run-facts")).toContainText("Done", { timeout: 30_000 });
  await look(page, "job-log-run");
});

test("a run waits for a cluster that does not answer, and goes on with it", async ({ page }) => {
  const server = process.env.FLUXO_TEST_APISERVER;
  test.skip(!server, "somebody else's cluster is not stopped");
  const flow = await makeJob(page, shell(SUM));
  let id = "";
  process.kill(Number(server), "SIGSTOP");
  try {
    id = await start(page, flow);
    const waiting = async () => (await api<Run>(page, "GET", `/runs/${id}`)).steps.find((step) => step.node === "job")?.waiting;
    await expect.poll(waiting, { timeout: 40_000 }).toMatch(/API server: it does not answer/);
  } finally {
    process.kill(Number(server), "SIGCONT");
  }
  const done = await ended(page, id);
  expect(done.error).toBeUndefined();
  expect((await output(page, done, "next"))[0]).toMatchObject({ seen: 42 });
});

// What a cluster does to a Job, and a part of what the person reads who drew it.
const FAILURES: { name: string; parameters: Parameters; code: string; sentence: RegExp }[] = [
  {
    name: "an image that can't be pulled",
    parameters: { ...shell("true"), image: "localhost/not-there:1", start_within_s: 8 },
    code: "image_pull",
    sentence: /^The image 'localhost\/not-there:1' can't be pulled: .+ Check its name and tag/,
  },
  {
    name: "the name of no image",
    parameters: { ...shell("true"), image: "localhost/NotAnImage:1" },
    code: "image_name",
    sentence: /^'localhost\/NotAnImage:1' is not the name of an image\. Write it as registry\/name:tag/,
  },
  {
    name: "an image that must not be pulled",
    parameters: { ...shell("true"), image: "localhost/not-there:1", pull_policy: "Never" },
    code: "image_missing",
    sentence: /is not on the machine, and the pull policy forbids pulling it/,
  },
  {
    name: "more CPU than any machine has",
    parameters: { ...shell("true"), cpu_request: "999", start_within_s: 4 },
    code: "unschedulable",
    sentence: /^No machine of the cluster can take the container \(not enough cpu\): /,
  },
  {
    name: "more memory than its limit",
    parameters: shell("x=a; while :; do x=$x$x; done"),
    code: "out_of_memory",
    sentence: /^The container ran out of memory: its limit is 64Mi\. Raise the memory limit/,
  },
  {
    name: "longer than its time limit",
    parameters: { ...shell("sleep 100"), timeout_s: 10 },
    code: "job_deadline",
    sentence: /^The Job was stopped after 10 seconds, as long as it may take\./,
  },
  {
    name: "a time limit that passes before the image is pulled",
    parameters: { ...shell("true"), image: "localhost/not-there:1", timeout_s: 10 },
    code: "image_pull",
    sentence: /^The image 'localhost\/not-there:1' can't be pulled: .+ Check its name and tag/,
  },
  {
    name: "an exit code",
    parameters: shell("echo fine so far; echo the disk is on fire; exit 3"),
    code: "job_exit_code",
    sentence: /^The container ended with exit code 3\. Its last line: “the disk is on fire”\./,
  },
  {
    name: "a command that the image lacks",
    parameters: { ...shell("true"), command: [{ value: "/no/such/program" }], arguments: [] },
    code: "container_start",
    sentence: /^The container could not be started: .*no\/such\/program.* Check its command and image\./,
  },
];

for (const { name, parameters, code, sentence } of FAILURES) {
  test(`${name} is one plain sentence`, async ({ page }) => {
    const failed = await run(page, parameters);
    expect(failed.status).toBe("failed");
    const error = failed.steps.find((step) => step.node === "job")?.error;
    expect(error?.message).toMatch(sentence);
    expect(error?.code).toBe(code);
    expect(error?.details?.message_pt, "in Portuguese, too").toMatch(/contêiner|imagem|Job/);
  });
}

test("what the namespace's rules refuse is said with the rule", async ({ page, site }) => {
  await apply(site.namespace, `{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "1Gi"}, "default": {"memory": "512Mi"}}]}}`);
  try {
    const failed = await run(page, { ...shell("true"), memory_limit: "2Gi" });
    expect(failed.steps.find((step) => step.node === "job")?.error).toMatchObject({
      code: "job_refused",
      message: expect.stringMatching(/^The cluster refused the container: .*maximum memory usage per Container is 1Gi/),
    });
  } finally {
    await kubectl("delete", "limitrange", "small", "--namespace", site.namespace);
  }
});

test("a missing permission is named with its role", async ({ page, site }) => {
  const set = (value: boolean) =>
    helm("upgrade", "fluxo", CHART, "--namespace", site.namespace, "--reuse-values", "--set", `rbac.create=${value}`);
  await set(false);
  try {
    const failed = await run(page, shell("true"));
    expect(failed.steps.find((step) => step.node === "job")?.error).toMatchObject({
      code: "cluster_forbidden",
      message: expect.stringMatching(/^The server may not do this on the cluster: .* Give its service account the role of the chart/),
    });
  } finally {
    await set(true);
  }
});

test("cancelling a run deletes its Job", async ({ page, site }) => {
  const pods = async () => (await get<{ items: { status: { phase: string } }[] }>("pods", "--namespace", site.namespace, "--selector", `fluxo.dev/run=${id}`)).items;
  const jobs = async () => (await get("jobs", "--namespace", site.namespace, "--selector", `fluxo.dev/run=${id}`)).items;
  const id = await start(page, await makeJob(page, shell("sleep 600")));
  await expect.poll(async () => (await pods())[0]?.status.phase).toBe("Running");
  await api(page, "POST", `/runs/${id}/cancel`);
  expect((await ended(page, id)).status).toBe("cancelled");
  // The container gets its time to end: 30 seconds.
  await expect.poll(jobs, { timeout: 60_000 }).toEqual([]);
  await expect.poll(pods, { timeout: 60_000 }).toEqual([]);
});

for (const [how, ...options] of [["killed", "--force", "--grace-period=0"], ["stopped"]]) {
  test(`a server that is ${how} while a Job works finds it again`, async ({ page, site }) => {
    const jobs = async () => (await get("jobs", "--namespace", site.namespace, "--selector", `fluxo.dev/run=${id}`)).items;
    // Also where the node must never start twice: its Job shows what was done.
    const id = await start(page, await makeJob(page, shell(`sleep 25; ${SUM}`), { at_most_once: true }));
    await expect.poll(async () => (await jobs()).length).toBe(1);
    const began = Date.now();
    await kubectl("delete", "pod", "--selector", "app.kubernetes.io/name=fluxo,app.kubernetes.io/instance=fluxo",
      "--namespace", site.namespace, ...options);
    expect(Date.now() - began, "it does not wait for the Job").toBeLessThan(15_000);
    const done = await ended(page, id, 150);
    expect(done.error).toBeUndefined();
    expect((await output(page, done, "next"))[0]).toMatchObject({ seen: 42 });
    expect(await jobs(), "no second Job was made").toHaveLength(1);
  });
}
