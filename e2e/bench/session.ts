import { type BrowserContext, expect } from "@playwright/test";

/** Signs in as the owner of the harness's data folder. */
export async function signIn(context: BrowserContext): Promise<void> {
  const answer = await context.request.post("/api/v1/session", {
    data: { email: process.env.FLUXO_EMAIL, password: process.env.FLUXO_PASSWORD },
    headers: { "x-fluxo": "1" },
  });
  expect(answer.ok(), await answer.text()).toBeTruthy();
}
