// A release's life on SQLite and a volume: installed, changed, removed.
import { CHART, expect, get, helm, imageValues, kubectl, kubectlWith, makeNamespace, test } from "../support/cluster.ts";

const NAMESPACE = "fluxo-small";
const KEY = "encryptionKey.value=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const FLAGS = ["--namespace", NAMESPACE, "--wait", "--timeout", "3m", "--set", KEY, "--set", "preStopSeconds=1", ...imageValues()];

test.beforeAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found");
  await makeNamespace(NAMESPACE);
});

test.afterEach(async () => {
  await expect.poll(left).toEqual([]);
});

test.afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found");
});

/** A command of the program, beside the server in its pod. */
const fluxo = (words: string[], input?: string) =>
  kubectlWith(input, "exec", "--stdin", "deployment/small-fluxo", "--namespace", NAMESPACE, "--", "/usr/bin/fluxo", ...words);

test("an upgrade keeps the data, and an uninstall leaves the volume alone", async () => {
  const notes = await helm("install", "small", CHART, ...FLAGS);
  expect(notes).toContain("kubectl port-forward service/small-fluxo 8080:80");
  expect(notes).toContain("Keep a copy of the encryption key");
  const flow = JSON.stringify({ name: "Kept", nodes: [{ id: "a", name: "Start", kind: "manual", position: [0, 0] }], edges: [] });
  const id = (await fluxo(["import", "-"], flow)).trim();

  await helm("upgrade", "small", CHART, ...FLAGS, "--set", "settings.FLUXO_MAX_RUNS=7", "--set", "podAnnotations.changed=yes");
  const pods = await get<{ items: { metadata: { annotations: Record<string, string> } }[] }>(
    "pods", "--namespace", NAMESPACE, "--selector", "app.kubernetes.io/instance=small", "--field-selector", "status.phase=Running");
  expect(pods.items.map((pod) => pod.metadata.annotations.changed)).toEqual(["yes"]);
  expect(JSON.parse(await fluxo(["export", id]))).toMatchObject({ name: "Kept" });
  // The chart's test opens the same database with the same key: it would fail on another one.
  expect(await helm("test", "small", "--namespace", NAMESPACE, "--timeout", "2m")).toMatch(/Phase:\s+Succeeded/);

  await helm("uninstall", "small", "--namespace", NAMESPACE);
  await expect.poll(left).toEqual(["persistentvolumeclaim/small-fluxo"]);
  await kubectl("delete", "persistentvolumeclaim", "small-fluxo", "--namespace", NAMESPACE);
});

test("a release that keeps nothing leaves nothing", async () => {
  await helm("install", "small", CHART, ...FLAGS, "--set", "persistence.keep=false");
  await helm("uninstall", "small", "--namespace", NAMESPACE);
});

test("a server that is to stop says so, and ends in order", async () => {
  await helm("install", "small", CHART, ...FLAGS, "--set", "persistence.enabled=false");
  const started = await kubectl("get", "pods", "--namespace", NAMESPACE, "--selector", "app.kubernetes.io/instance=small", "-o", "name");
  const log = kubectl("logs", "--follow", started.trim(), "--namespace", NAMESPACE);
  await kubectl("delete", started.trim(), "--namespace", NAMESPACE);
  expect(await log).toContain("Stopping: no new runs, running steps may end.");
  await helm("uninstall", "small", "--namespace", NAMESPACE);
});

/** What is in the namespace besides what every namespace has. */
async function left(): Promise<string[]> {
  const kinds = "all,configmaps,secrets,serviceaccounts,roles,rolebindings,persistentvolumeclaims,ingresses";
  const names = (await kubectl("get", kinds, "--namespace", NAMESPACE, "-o", "name")).split("\n").filter(Boolean);
  return names.filter((name) => name !== "configmap/kube-root-ca.crt" && name !== "serviceaccount/default");
}
