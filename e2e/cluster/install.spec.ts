// What `helm install` makes: the page through the ingress, live events, webhooks, the chart's own test.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { api, expect, get, helm, kubectl, test } from "../support/cluster.ts";
import { makeFlow } from "../support/editor.ts";
import { open, OWNER, signIn, troubles } from "../support/fluxo.ts";
import { expectSigned, identity, pdf } from "../support/pdf.ts";

test("the first page makes the owner, through the ingress", async ({ page }) => {
  const found = troubles(page);
  await open(page, "/");
  await expect(page).toHaveURL(/\/welcome$/);
  await page.getByRole("textbox", { name: "Name" }).fill(OWNER.name);
  await page.getByRole("textbox", { name: "E-mail" }).fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page).toHaveURL(/\/flows$/);
  // Over plain HTTP, and not on this machine's own address, Chromium says that it ignores one of our headers.
  expect(found.filter((line) => !line.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
  const health = await api<{ database: string; ready: boolean }>(page, "GET", "/health");
  expect(health).toMatchObject({ database: "postgres", ready: true });
});

test("a run is followed live through the ingress", async ({ page, site }) => {
  await signIn(page);
  const flow = await makeFlow(page, {
    name: "Live",
    nodes: [
      { id: "hook", name: "Call", kind: "webhook", position: [64, 160], parameters: { methods: ["POST"], path: "live", answer: "at_once" } },
      { id: "wait", name: "Wait", kind: "wait", position: [384, 160], parameters: { amount: 5, unit: "seconds" } },
      { id: "end", name: "After", kind: "no_operation", position: [704, 160], parameters: {} },
    ],
    edges: [{ from: "hook", to: "wait" }, { from: "wait", to: "end" }],
  });
  await api(page, "POST", `/flows/${flow}/publish`, {});
  expect((await page.request.post(`${site.url}/webhook/live`, { data: {} })).ok()).toBeTruthy();
  // The open page follows by its stream of events. A proxy that buffers would show nothing before the end.
  await open(page, "/runs");
  await page.locator(".runrow").first().click();
  const facts = page.locator(".run-facts");
  await expect(facts).toContainText("Waiting");
  await expect(facts).toContainText("Done");
  await expect(page.locator("button.g-row", { hasText: "After" })).toBeVisible();
});

test("a webhook through the ingress signs a PDF", async ({ page, site }) => {
  await signIn(page);
  const by = identity();
  const secret = { file: readFileSync(by.p12).toString("base64"), password: by.password };
  const { id } = await api<{ id: string }>(page, "POST", "/credentials", { name: "A1 of Ana", kind: "pkcs12", secret });
  const flow = await makeFlow(page, {
    name: "Sign",
    nodes: [
      { id: "hook", name: "Contract", kind: "webhook", position: [0, 0], parameters: { methods: ["POST"], path: "sign" } },
      { id: "sign", name: "Sign", kind: "pdf_sign", position: [320, 0], parameters: {}, credentials: { certificate: id } },
      { id: "respond", name: "Answer", kind: "respond", position: [640, 0], parameters: {} },
    ],
    edges: [{ from: "hook", to: "sign" }, { from: "sign", to: "respond" }],
  });
  await api(page, "POST", `/flows/${flow}/publish`, {});
  const folder = mkdtempSync(join(tmpdir(), "fluxo-cluster-sign-"));
  const [contract, signed] = [join(folder, "contract.pdf"), join(folder, "signed.pdf")];
  writeFileSync(contract, pdf({ size: 2_000_000 }));
  const args = ["-sS", "--fail-with-body", "--data-binary", `@${contract}`, "-H", "Content-Type: application/pdf", "-o", signed, `${site.url}/webhook/sign`];
  await promisify(execFile)("curl", args);
  expectSigned(signed, by);
});

test("helm test runs a flow, and nothing of it stays", async ({ page, site }) => {
  await signIn(page);
  const before = await api<{ items: unknown[] }>(page, "GET", "/flows");
  const said = await helm("test", "fluxo", "--namespace", site.namespace, "--timeout", "2m");
  expect(said).toMatch(/Phase:\s+Succeeded/);
  const after = await api<{ items: unknown[] }>(page, "GET", "/flows");
  expect(after.items.length).toBe(before.items.length);
  const pods = await get("pods", "--namespace", site.namespace, "--selector", "app.kubernetes.io/name=fluxo-test");
  expect(pods.items).toEqual([]);
});

test("the server may run Jobs in its namespace, and nothing else", async ({ site }) => {
  const may = async (verb: string, what: string, namespace: string) => {
    const who = `system:serviceaccount:${site.namespace}:fluxo`;
    // What stands behind a slash would be taken for a name.
    const [resource = "", part = ""] = what.split("/");
    const asked = ["auth", "can-i", verb, resource, `--subresource=${part}`, "--as", who, "--namespace", namespace];
    return (await kubectl(...asked).catch(String)).includes("yes");
  };
  for (const [verb, what] of [["create", "jobs"], ["delete", "jobs"], ["watch", "pods"], ["get", "pods/log"], ["list", "events"], ["create", "secrets"]] as const) {
    expect(await may(verb, what, site.namespace), `${verb} ${what}`).toBe(true);
    expect(await may(verb, what, "default"), `${verb} ${what} elsewhere`).toBe(false);
  }
  for (const [verb, what] of [["get", "secrets"], ["list", "secrets"], ["delete", "secrets"], ["get", "pods"], ["create", "pods"], ["create", "pods/exec"], ["get", "configmaps"], ["create", "rolebindings"], ["list", "nodes"]] as const) {
    expect(await may(verb, what, site.namespace), `${verb} ${what}`).toBe(false);
  }
});
