// The cluster that `cargo xtask test cluster` made or was told, and Fluxo in it: installed by its chart, with PostgreSQL,
// behind HAProxy. One installation for all specs.
import { execFile, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { test as base, expect, type Page } from "@playwright/test";

const run = promisify(execFile);

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run \`cargo xtask test cluster\`.`);
  return value;
}

export const CHART = join(import.meta.dirname, "../../charts/fluxo");
const MANIFESTS = join(import.meta.dirname, "../cluster/manifests");

/** The image's name, as the chart's values have it. */
export function image(): { repository: string; tag: string } {
  const [, repository = "", tag = ""] = given("FLUXO_TEST_IMAGE").match(/^(.*):([^:/]+)$/) ?? [];
  return { repository, tag };
}

/** A program's standard output; an error has what it said. */
async function said(program: string, args: string[], input?: string): Promise<string> {
  const child = run(program, args, { maxBuffer: 64 << 20, timeout: 180_000 });
  if (input !== undefined) child.child.stdin?.end(input);
  try {
    return (await child).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program.split("/").pop()} ${args.join(" ")} failed.\n${stdout ?? ""}${stderr ?? error}`);
  }
}

export const kubectl = (...args: string[]) => said(given("FLUXO_TEST_KUBECTL"), args);
export const kubectlWith = (input: string | undefined, ...args: string[]) => said(given("FLUXO_TEST_KUBECTL"), args, input ?? "");
export const helm = (...args: string[]) => said(given("FLUXO_TEST_HELM"), args);

export async function get<T = { items: { metadata: { name: string } }[] }>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl("get", "-o", "json", ...args));
}

/** Applies manifests: text, or a file of `manifests/` with its words replaced. */
export const apply = (namespace: string, text: string) =>
  said(given("FLUXO_TEST_KUBECTL"), ["apply", "--namespace", namespace, "-f", "-"], text);

export function manifest(name: string, words: Record<string, string>): string {
  const text = readFileSync(join(MANIFESTS, name), "utf8");
  return Object.entries(words).reduce((text, [word, value]) => text.replaceAll(`@${word}@`, value), text);
}

export async function makeNamespace(name: string): Promise<void> {
  await apply("default", `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "${name}",
    "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}`);
}

/** `--set` words of the image under test. */
export function imageValues(): string[] {
  const { repository, tag } = image();
  return ["--set", `image.repository=${repository}`, "--set-string", `image.tag=${tag}`];
}

export type Site = {
  /** Where HAProxy answers. */
  url: string;
  /** The namespace of the server and of its Jobs. */
  namespace: string;
};

/** Installs everything; an installation of an earlier run in the same cluster is replaced. */
async function install(): Promise<Site & { stop: () => void }> {
  const namespace = "fluxo-test";
  await kubectl("delete", "namespace", namespace, "--ignore-not-found");
  await makeNamespace(namespace);
  const servers = manifest("postgres.yaml", { POSTGRES: given("FLUXO_TEST_POSTGRES_IMAGE") })
    + "---\n" + manifest("haproxy.yaml", { HAPROXY: given("FLUXO_TEST_HAPROXY_IMAGE"), NAMESPACE: namespace });
  await apply(namespace, servers);
  const key = execFileSync("openssl", ["rand", "-base64", "32"], { encoding: "utf8" }).trim();
  await kubectl("create", "secret", "generic", "key", "--namespace", namespace, `--from-literal=key=${key}`);
  const { url, stop } = await reach(namespace);
  const sets = ["encryptionKey.existingSecret=key", "database.existingSecret=database", `publicUrl=${url}`];
  await helm("install", "fluxo", CHART, "--namespace", namespace, "--wait", "--timeout", "3m", ...imageValues(),
    ...sets.flatMap((set) => ["--set", set]), "--set", "settings.FLUXO_TRUSTED_PROXIES=10.244.0.0/16");
  await kubectl("rollout", "status", "deployment/haproxy", "--namespace", namespace, "--timeout=60s");
  // The proxy asks for the service's address now and then.
  await expect.poll(async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.status, { timeout: 30_000 }).toBe(200);
  return { url, namespace, stop };
}

/** HAProxy's address: a port of the node, or a tunnel where only the API server can be reached. */
async function reach(namespace: string): Promise<{ url: string; stop: () => void }> {
  const node = process.env.FLUXO_TEST_NODE;
  if (node) {
    const service = await get<{ spec: { ports: { nodePort: number }[] } }>("service", "haproxy", "--namespace", namespace);
    return { url: `http://${node}:${service.spec.ports[0]?.nodePort}`, stop: () => {} };
  }
  await kubectl("rollout", "status", "deployment/haproxy", "--namespace", namespace, "--timeout=60s");
  const tunnel = spawn(given("FLUXO_TEST_KUBECTL"), ["port-forward", "service/haproxy", ":80", "--namespace", namespace]);
  const port = await new Promise<string>((done, failed) => {
    tunnel.stdout.setEncoding("utf8").on("data", (text: string) => {
      const [, port] = text.match(/127\.0\.0\.1:(\d+)/) ?? [];
      if (port) done(port);
    });
    tunnel.once("exit", () => failed(new Error("kubectl port-forward ended")));
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => tunnel.kill() };
}

export const test = base.extend<{ evidence: void }, { site: Site }>({
  site: [
    async ({}, use) => {
      const { stop, ...site } = await install();
      await use(site);
      stop();
      if (process.env.FLUXO_KEEP) return;
      await helm("uninstall", "fluxo", "--namespace", site.namespace);
      await kubectl("delete", "namespace", site.namespace);
    },
    { scope: "worker", timeout: 300_000 },
  ],
  baseURL: async ({ site }, use) => use(site.url),
  // What the server and the cluster said, when a test failed.
  evidence: [
    async ({ site }, use, info) => {
      await use();
      const log = await kubectl("logs", "deployment/fluxo", "--namespace", site.namespace, "--tail=2000").catch(String);
      if (info.status !== info.expectedStatus) {
        await info.attach("server.log", { body: log });
        await info.attach("cluster.txt", { body: await kubectl("get", "all,events", "--namespace", site.namespace).catch(String) });
      }
      expect(log.match(/panicked at .*\n.*/g) ?? [], "the server does not panic").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** A call of the API with the page's session. */
export async function api<T>(page: Page, method: string, path: string, data?: unknown): Promise<T> {
  const answer = await page.request.fetch(`/api/v1${path}`, { method, data, headers: { "x-fluxo": "1" } });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBeTruthy();
  return answer.status() === 204 ? (undefined as T) : await answer.json();
}
