import { expectAccessible } from "../support/axe.ts";
import { expect, open, signIn, test, troubles } from "../support/fluxo.ts";

test("a new server's first page makes the owner", async ({ page }) => {
  const found = troubles(page);
  await open(page, "/");
  await expect(page.getByRole("textbox").first()).toBeVisible();
  await expectAccessible(page, "first page");
  expect(found).toEqual([]);
});

test("every page opens, in both themes, without errors", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  for (const path of ["/flows", "/runs", "/credentials", "/settings/users", "/settings/keys"]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await open(page, path);
      await expect(page.getByRole("heading").first()).toBeVisible();
      await expectAccessible(page, `${path} (${colorScheme})`);
    }
  }
  expect(found).toEqual([]);
});

test("pages run no script and load nothing that is not the server's own", async ({ page }) => {
  await signIn(page);
  const answer = await page.goto("/flows");
  const headers = answer?.headers() ?? {};
  const policy = headers["content-security-policy"] ?? "";
  expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'nonce-[^']{16,}' 'wasm-unsafe-eval';/);
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["cache-control"]).toContain("no-store");
  const again = (await (await page.request.get("/flows")).headers())["content-security-policy"];
  expect(again, "each page has its own nonce").not.toBe(policy);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.intruder = true";
    document.body.append(script);
    const handler = document.createElement("div");
    handler.setAttribute("onclick", "window.intruder = true");
    document.body.append(handler);
    handler.click();
  });
  expect(await page.evaluate(() => "intruder" in window)).toBe(false);
});

test("what a page loads is compressed and kept by the browser", async ({ page }) => {
  const assets: { url: string; headers: Record<string, string> }[] = [];
  page.on("response", (response) => {
    if (/\.(js|wasm|css)$/.test(new URL(response.url()).pathname)) assets.push({ url: response.url(), headers: response.headers() });
  });
  await open(page, "/");
  expect(assets.length).toBeGreaterThan(2);
  for (const { url, headers } of assets) {
    expect(headers["content-encoding"] ?? "", url).toMatch(/^(br|gzip)$/);
    expect(headers["cache-control"], url).toContain("immutable");
  }
});
