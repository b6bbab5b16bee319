// A curl command pasted into an HTTP request makes the node do what the command does.
import { card, draftOf, inspect, makeFlow, openFlow, saved } from "../support/editor.ts";
import { expect, signIn, test, troubles } from "../support/fluxo.ts";

const FLOW = {
  name: "Curl",
  nodes: [
    { id: "start", name: "Start", kind: "manual", position: [64, 160] },
    { id: "http", name: "Ask", kind: "http_request", position: [384, 160] },
  ],
  edges: [{ from: "start", to: "http" }],
};

const COMMAND = String.raw`curl 'https://api.example.com/v2/orders?open=1' \
  -X PUT \
  -H 'Accept: application/json' \
  -u 'robot:s3cret-word' \
  --data '{"state":"paid"}' --cacert own.pem`;

test("a command fills the form, and its password becomes a credential", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const id = await makeFlow(page, FLOW);
  await openFlow(page, id);
  const form = await inspect(page, card(page, "Ask"));
  const url = form.getByRole("textbox", { name: "URL" });
  await page.evaluate((command) => navigator.clipboard.writeText(command), COMMAND);
  await url.click();
  await page.keyboard.press("Control+v");

  await expect(page.locator(".toast").first()).toBeVisible();
  await expect(url).toHaveValue(/^https:\/\/api\.example\.com\/v2\/orders/);
  await expect(form.getByRole("combobox", { name: "Method" })).toHaveValue("PUT");
  await saved(page);
  const draft = JSON.stringify(await draftOf(page, id));
  expect(draft).toContain("paid");
  expect(draft, "the password is not in the flow").not.toContain("s3cret-word");
  const credentials = await (await page.request.get("/api/v1/credentials")).json();
  expect(JSON.stringify(credentials)).toContain("api.example.com (curl)");
  expect(JSON.stringify(credentials)).not.toContain("s3cret-word");

  // Another text stays a text.
  await page.evaluate(() => navigator.clipboard.writeText("https://example.com/curl here"));
  await url.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+v");
  await expect(url).toHaveValue("https://example.com/curl here");
  expect(found).toEqual([]);
});
