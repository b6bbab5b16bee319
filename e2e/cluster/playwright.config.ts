import { defineConfig } from "@playwright/test";

import base from "../playwright.config.ts";

// The same browser; the specs share one installation, and a cluster takes longer than a process.
export default defineConfig({ ...base, testDir: ".", outputDir: "../test-results", timeout: 180_000, expect: { timeout: 30_000 } });
