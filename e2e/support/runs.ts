// Flows that are run and waited for without the page.
import { expect, type Page } from "@playwright/test";

import { api } from "./cluster.ts";

export type Run = {
  id: string;
  status: string;
  error?: { code: string; message: string; details?: Record<string, unknown> };
  steps: { seq: number; node: string; status: string; attempt: number; waiting?: string; error?: Run["error"] }[];
};

/** Starts the draft of a flow by hand. */
export async function start(page: Page, flow: string): Promise<string> {
  return (await api<{ id: string }>(page, "POST", `/flows/${flow}/runs`, {})).id;
}

/** Waits until a run has ended. */
export async function ended(page: Page, run: string, seconds = 90): Promise<Run> {
  let last: Run | undefined;
  const status = async () => {
    last = await api<Run>(page, "GET", `/runs/${run}`).catch(() => undefined);
    return last?.status;
  };
  await expect.poll(status, { timeout: seconds * 1000, message: `run ${run} ends` }).toMatch(/^(succeeded|failed|cancelled)$/);
  return last as Run;
}

/** The items that a node of a run put out. */
export async function output(page: Page, run: Run, node: string): Promise<Record<string, unknown>[]> {
  const step = run.steps.findLast((step) => step.node === node);
  expect(step, `node ${node} ran`).toBeDefined();
  const { items } = await api<{ items: { json: Record<string, unknown> }[] }>(page, "GET", `/runs/${run.id}/steps/${step?.seq}/items?side=output&port=out`);
  return items.map((item) => item.json);
}
