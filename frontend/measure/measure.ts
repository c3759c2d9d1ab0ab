/**
 * Measures the pages of the shop at SHOP_URL on a simulated phone, and compares them with the budgets. Run it
 * against the built files behind the web server, not against the development server.
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { launch } from 'chrome-launcher';
import lighthouse, { type Result } from 'lighthouse';

const shop = process.env['SHOP_URL'] ?? 'http://localhost:8080';
const chromePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const chromeFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
];
/** Users of the development data. Their passwords are their e-mails. */
const buyer = 'aaa@aaa.com';
const admin = 'admin@admin.com';
/** `content` is a selector that matches once the page has loaded; `user` logs in first. */
type Page = { path: string; content: string; user?: string };
const pages: Page[] = [
  { path: '/', content: '.product-card .add-to-cart' },
  { path: '/products/chair', content: '.product-buy .add-to-cart' },
  { path: '/cart', content: '.empty-state-picture .product-picture' },
  { path: '/login', content: '.form [type=submit]' },
  { path: '/register', content: '.form [type=submit]' },
  { path: '/orders', content: '.order-row .status', user: buyer },
  { path: '/orders/71fefe4a1cad4140785928a4', content: '.order-line .product-picture', user: buyer },
  { path: '/admin/products', content: '.admin-table .admin-actions', user: admin },
];
const budgets = { minScore: 95, javaScriptKB: 130, lcpSeconds: 1.5, cls: 0.05 };
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;

type Row = {
  page: string;
  scores: number[];
  lcpSeconds: number;
  cls: number;
  javaScriptKB: number;
  exceeded: string[];
};

const rows: Row[] = [];
await mkdir('measure/reports', { recursive: true });
for (const page of pages) {
  rows.push(await measure(page));
}
print(rows);
await printFiles('dist/assets');
process.exitCode = rows.some((row) => row.exceeded.length > 0) ? 1 : 0;

async function measure(page: Page): Promise<Row> {
  const { path, user } = page;
  const chrome = await launch({
    chromePath,
    chromeFlags: ['--headless', ...chromeFlags],
  });
  try {
    if (user !== undefined) {
      const browser = await chromium.connectOverCDP(`http://127.0.0.1:${chrome.port}`);
      const [context = await browser.newContext()] = browser.contexts();
      await logIn(context, user);
      await browser.close();
    }
    // Lighthouse clears the cache but keeps the session cookie.
    const run = await lighthouse(shop + path, {
      port: chrome.port,
      output: 'html',
      onlyCategories: [...categories],
    });
    if (run === undefined) {
      throw new Error(`Lighthouse returned no result for ${path}`);
    }
    if (!run.lhr.finalDisplayedUrl.endsWith(path)) {
      throw new Error(`Lighthouse was redirected from ${path} to ${run.lhr.finalDisplayedUrl}`);
    }
    const name = path.replaceAll(/\W+/g, '-').replaceAll(/^-|-$/g, '') || 'catalogue';
    await writeFile(`measure/reports/${name}.html`, String(run.report));
    return compare(path, run.lhr, await measurePaint(page));
  } finally {
    chrome.kill();
  }
}

async function logIn(context: BrowserContext, user: string): Promise<void> {
  const tab = await context.newPage();
  await tab.goto(`${shop}/login`);
  await tab.getByLabel('E-mail').fill(user);
  await tab.getByLabel('Password').fill(user);
  await tab.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await tab.getByRole('button', { name: 'Account' }).waitFor();
  await tab.close();
}

type Paint = { lcpSeconds: number; cls: number };

/**
 * Measures the paint on a throttled browser. Lighthouse only simulates throttling: it derives the largest paint
 * from a run at full speed, where the scripts load before the first paint, and counts them as if they blocked it.
 */
async function measurePaint({ path, content, user }: Page): Promise<Paint> {
  const browser = await chromium.launch({ executablePath: chromePath, args: chromeFlags });
  try {
    const context = await browser.newContext({
      viewport: { width: 412, height: 823 },
      deviceScaleFactor: 1.75,
    });
    if (user !== undefined) {
      await logIn(context, user);
    }
    const tab = await context.newPage();
    const devTools = await context.newCDPSession(tab);
    await devTools.send('Network.enable');
    // Logging in has loaded most of the scripts.
    await devTools.send('Network.clearBrowserCache');
    await devTools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 150,
      downloadThroughput: (1.6 * 1024 * 1024) / 8,
      uploadThroughput: (750 * 1024) / 8,
    });
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await tab.goto(shop + path);
    await tab.locator(content).first().waitFor();
    return await tab.evaluate(readPaints);
  } finally {
    await browser.close();
  }
}

/** Runs in the page until there has been no new paint and no layout shift for a second. */
function readPaints(): Promise<Paint> {
  type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };
  const quietPeriod = 1000;
  const paints = { lcpSeconds: Number.NaN, cls: 0 };
  return new Promise((resolve) => {
    let timer = setTimeout(() => resolve(paints), quietPeriod);
    const observe = (type: string, record: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          record(entry);
        }
        clearTimeout(timer);
        timer = setTimeout(() => resolve(paints), quietPeriod);
      }).observe({ type, buffered: true });
    observe('largest-contentful-paint', (entry) => {
      paints.lcpSeconds = entry.startTime / 1000;
    });
    observe('layout-shift', (entry) => {
      const { value, hadRecentInput } = entry as Shift;
      paints.cls += hadRecentInput ? 0 : value;
    });
  });
}

function compare(page: string, result: Result, { lcpSeconds, cls }: Paint): Row {
  const scores = categories.map((category) => Math.round((result.categories[category]?.score ?? 0) * 100));
  const javaScriptKB = bytesOfScripts(result) / 1000;
  const exceeded: string[] = [];
  for (const [index, score] of scores.entries()) {
    if (score < budgets.minScore) {
      exceeded.push(categories[index] ?? '');
    }
  }
  if (!(lcpSeconds <= budgets.lcpSeconds)) {
    exceeded.push('LCP');
  }
  if (!(cls <= budgets.cls)) {
    exceeded.push('CLS');
  }
  if (!(javaScriptKB <= budgets.javaScriptKB)) {
    exceeded.push('JavaScript');
  }
  return { page, scores, lcpSeconds, cls, javaScriptKB, exceeded };
}

function bytesOfScripts(result: Result): number {
  const details = result.audits['network-requests']?.details as
    | { items?: { resourceType?: string; transferSize?: number }[] }
    | undefined;
  return (details?.items ?? [])
    .filter((item) => item.resourceType === 'Script')
    .reduce((sum, item) => sum + (item.transferSize ?? 0), 0);
}

function print(all: Row[]): void {
  const minScore = `>= ${budgets.minScore}`;
  const budget = {
    page: 'budget',
    ...Object.fromEntries(categories.map((category) => [category, minScore])),
    'LCP s': `<= ${budgets.lcpSeconds}`,
    CLS: `<= ${budgets.cls}`,
    'JavaScript KB': `<= ${budgets.javaScriptKB}`,
    exceeded: '',
  };
  const measured = all.map((row) => ({
    page: row.page,
    ...Object.fromEntries(categories.map((category, index) => [category, row.scores[index]])),
    'LCP s': row.lcpSeconds.toFixed(2),
    CLS: row.cls.toFixed(3),
    'JavaScript KB': row.javaScriptKB.toFixed(1),
    exceeded: row.exceeded.join(', '),
  }));
  console.table([budget, ...measured]);
  const failed = all.filter((row) => row.exceeded.length > 0).length;
  console.log(
    failed === 0 ? '\nAll pages are within budget.' : `\n${failed} of ${all.length} pages exceed a budget.`,
  );
}

/** Prints the transfer sizes of the built files: of text files their `.gz`, of fonts the file itself. */
async function printFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  const files = names.filter((name) => /\.(?:js|css|woff2)$/.test(name));
  const sizes = await Promise.all(
    files.map(async (name) => {
      const transferred = names.includes(`${name}.gz`) ? `${name}.gz` : name;
      return { name, size: (await stat(join(folder, transferred))).size };
    }),
  );
  console.log('\nTransfer sizes:');
  for (const { name, size } of sizes.toSorted((a, b) => b.size - a.size)) {
    console.log(`${(size / 1000).toFixed(1).padStart(8)} KB  ${name}`);
  }
}
