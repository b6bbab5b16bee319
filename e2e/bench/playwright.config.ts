import { defineConfig } from "@playwright/test";

import shared from "../playwright.config.ts";

// The browser of the tests, without what slows it: no trace, no screenshots.
export default defineConfig({
  ...shared,
  testDir: ".",
  testMatch: "*.bench.ts",
  outputDir: "../test-results",
  timeout: 240_000,
  use: { ...shared.use, trace: "off", screenshot: "off", viewport: { width: 1440, height: 900 } },
});
