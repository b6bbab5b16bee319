// What every spec imports: `test` with a server per spec file, and the steps that many of them share.
import { test as base, expect, type Page } from "@playwright/test";

import { Fluxo } from "./server.ts";

export { expect };
export { Fluxo };

/** The owner that `signIn` makes. */
export const OWNER = { email: "owner@example.com", name: "Olivia Owner", password: "correct horse battery" };

let current: { file: string; server: Fluxo } | undefined;

async function change(file: string | undefined, env: Env = {}): Promise<Fluxo | undefined> {
  if (current?.file !== file) {
    await current?.server.remove();
    current = undefined;
    if (file) {
      const server = new Fluxo();
      current = { file, server };
      await server.start(env);
    }
  }
  return current?.server;
}

type Env = Record<string, string>;

export const test = base.extend<{ env: Env; fluxo: Fluxo }, { serversEnd: void }>({
  // Settings of the spec file's server: `test.use({ env: { FLUXO_TIMEZONE: "UTC" } })`.
  env: [{}, { option: true }],
  // A fresh server and data folder for each spec file, shared by its tests.
  fluxo: async ({ env }, use, info) => {
    const server = await change(info.file, env);
    if (!server) throw new Error("no server");
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach("server.log", { body: server.log() });
    expect(server.log().match(/panicked at .*\n.*/g) ?? [], "the server does not panic").toEqual([]);
  },
  baseURL: async ({ fluxo }, use) => use(fluxo.url),
  serversEnd: [
    async ({}, use) => {
      await use();
      await change(undefined);
    },
    { scope: "worker", auto: true },
  ],
});

/** Opens a page and waits until clicks are heard. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** Makes the owner on the first call, signs in on later ones; the page's cookies are those of the owner from then on. */
export async function signIn(page: Page): Promise<void> {
  // What changes something by cookie needs this header; other sites can't send it.
  const headers = { "x-fluxo": "1" };
  const session = await (await page.request.get("/api/v1/session")).json();
  if (session.user) return;
  const [path, data] = session.setup_required
    ? ["/api/v1/setup", OWNER]
    : ["/api/v1/session", { email: OWNER.email, password: OWNER.password }];
  const answer = await page.request.post(path, { data, headers });
  expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBeTruthy();
}

/** Collects what should not happen on a healthy page: console errors, exceptions, failed requests. */
export function troubles(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") found.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(`exception: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) found.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // A page that is left drops its event stream.
    if (reason !== "net::ERR_ABORTED") found.push(`${reason} ${request.url()}`);
  });
  return found;
}

/** Takes requests out of `found` that were to be refused with `status`: at least one. */
export function refused(found: string[], status: number): void {
  const isRefusal = (line: string) => line.startsWith(`${status} `) || line.includes(`status of ${status}`);
  expect(found.filter(isRefusal)).not.toEqual([]);
  found.splice(0, found.length, ...found.filter((line) => !isRefusal(line)));
}
