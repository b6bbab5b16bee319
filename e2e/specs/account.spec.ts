// One's own account: the password, and where one is signed in.
import { expectAccessible } from "../support/axe.ts";
import { expect, open, OWNER, refused, signIn, test, troubles } from "../support/fluxo.ts";

test.describe.configure({ mode: "serial" });

const NEW = "four plain words here";

test("another session is ended from here", async ({ page, browser, baseURL }) => {
  await signIn(page);
  const found = troubles(page);
  const other = await browser.newContext({ baseURL, userAgent: "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0" });
  const there = await other.newPage();
  await signIn(there);
  await open(there, "/flows");

  await open(page, "/flows");
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Your account" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  const rows = page.getByRole("row").filter({ has: page.getByRole("cell") });
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: "this one" })).toHaveCount(1);
  await expectAccessible(page, "account");
  const firefox = rows.filter({ hasText: "Firefox on Windows" });
  await firefox.getByRole("button", { name: "End the session Firefox on Windows" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End the session" }).click();
  await expect(rows).toHaveCount(1);

  await there.goto("/flows");
  await expect(there, "that browser has to sign in again").toHaveURL(/\/sign-in/);
  await other.close();
  expect(found).toEqual([]);
});

test("the password is changed, and only the new one opens", async ({ page, browser, baseURL }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, "/settings/account");
  await page.getByRole("button", { name: "Change password" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Enter your current password.")).toBeVisible();

  await dialog.getByLabel("Current password").fill("not the password");
  await dialog.getByLabel("New password").fill(NEW);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  refused(found, 422);

  await dialog.getByLabel("Current password").fill(OWNER.password);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".toast", { hasText: "Your password is changed" })).toBeVisible();
  await expect(dialog).toBeHidden();

  const other = await browser.newContext({ baseURL });
  const there = await other.newPage();
  await open(there, "/sign-in");
  await there.getByLabel("E-mail").fill(OWNER.email);
  await there.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await there.getByRole("button", { name: "Sign in" }).click();
  await expect(there.getByRole("alert")).toBeVisible();
  await there.getByLabel("Password", { exact: true }).fill(NEW);
  await there.getByRole("button", { name: "Sign in" }).click();
  await expect(there).toHaveURL(/\/flows$/);
  await other.close();
  // Here nobody was thrown out.
  await page.reload();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  expect(found).toEqual([]);
});
