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
