// The editor without a mouse.
import { expectAccessible } from "../support/axe.ts";
import { card, draftOf, look, makeFlow, openFlow, saved, selected } from "../support/editor.ts";
import { expect, signIn, test, troubles } from "../support/fluxo.ts";

test("a flow is drawn, walked and opened by keys alone", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  const flow = await makeFlow(page, { name: "By keys" });
  await openFlow(page, flow);
  const add = async (words: string, name: string) => {
    await page.keyboard.press("n");
    await expect(page.getByRole("combobox", { name: "Add a node" })).toBeFocused();
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
    await expect(card(page, name)).toBeFocused();
    await selected(page, [name]);
  };
  await add("manual", "Manual");
  await add("edit", "Edit fields");
  await add("no op", "No operation");
  await saved(page);
  expect((await draftOf(page, flow)).edges).toHaveLength(2);
  await look(page, "keyboard-drawn");

  await page.keyboard.press("ArrowLeft");
  await selected(page, ["Edit fields"]);
  await page.keyboard.press("ArrowLeft");
  await selected(page, ["Manual"]);
  await page.keyboard.press("ArrowRight");
  await expect(card(page, "Edit fields")).toBeFocused();
  await page.keyboard.press("Enter");
  const inspector = page.locator(".inspector");
  await expect(inspector).toBeVisible();
  await expect(inspector.getByRole("button", { name: "Edit fields", exact: true }).first()).toBeVisible();
  await expectAccessible(page, "inspector");
  await page.keyboard.press("Escape");
  await expect(inspector).toBeHidden();
  await expect(card(page, "Edit fields")).toBeFocused();

  await page.keyboard.press("F2");
  await page.keyboard.type("Shape it");
  await page.keyboard.press("Enter");
  await expect(card(page, "Shape it")).toBeFocused();
  await page.keyboard.press("d");
  await expect(card(page, "Shape it")).toHaveAttribute("data-s", "off");
  await page.keyboard.press("Control+ArrowDown");
  await page.keyboard.press("Control+Enter");
  await expect(page.locator(".strip")).toContainText("done");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Shortcuts");
  await look(page, "keyboard-shortcuts");
  await expectAccessible(page, "shortcuts");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  expect(found).toEqual([]);
});
