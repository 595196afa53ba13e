import { defineConfig } from '@playwright/test';

/** Against a stack that already runs: `HUB_URL`, `HUB_SMS_URL` and `HUB_ONEC_URL` say where. */
export default defineConfig({
  testDir: '.',
  outputDir: '../../.local/browser',
  workers: 1,
  reporter: [['list']],
  timeout: 45_000,
  use: {
    baseURL: process.env.HUB_URL ?? 'http://127.0.0.1:8000',
    locale: 'ru-RU',
    timezoneId: 'Europe/Moscow',
    trace: 'retain-on-failure',
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
    {
      name: 'cabinet',
      testMatch: /cabinet\.spec\.ts/,
      use: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    },
    { name: 'staff', testMatch: /staff\.spec\.ts/, use: { viewport: { width: 1440, height: 900 } } },
  ],
});
