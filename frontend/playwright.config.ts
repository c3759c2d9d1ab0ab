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
    // Not 127.0.0.1: without TLS, browsers keep Secure cookies only for localhost.
    baseURL: process.env['SHOP_URL'] ?? 'http://localhost:8080',
    locale: 'en-GB',
    // The page at each step, without a film, which would slow every test.
    trace: { mode: 'retain-on-failure', screenshots: false },
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
    // These pause services of the shop, so no other test may run at the same time.
    {
      name: 'outages',
      testMatch: 'outages.spec.ts',
      dependencies: ['shop'],
      workers: 1,
      fullyParallel: false,
    },
  ],
});
