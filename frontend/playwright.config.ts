import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 45_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    // Always by the name localhost: only there does a browser keep a Secure cookie without TLS.
    baseURL: process.env['SHOP_URL'] ?? 'http://localhost:8080',
    locale: 'en-GB',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'shop', testIgnore: 'outages.spec.ts' },
    // These stop a service of the shop, so nothing else runs beside them.
    {
      name: 'outages',
      testMatch: 'outages.spec.ts',
      dependencies: ['shop'],
      workers: 1,
      fullyParallel: false,
    },
  ],
});
