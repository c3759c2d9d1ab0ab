/**
 * Measures the shop at SHOP_URL as a phone sees it, and what a first visit loads, and holds both against
 * the marks. Run it against the built files behind the web server, not against the development server.
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
/** The people of the development data, whose passwords are their e-mails. */
const shopper = 'aaa@aaa.com';
const admin = 'admin@admin.com';
/** What is there, by its selector, when the page has all of its own content. */
type Page = { path: string; content: string; who?: string };
const pages: Page[] = [
  { path: '/', content: '.product-card .add-to-cart' },
  { path: '/products/chair', content: '.product-buy .add-to-cart' },
  { path: '/cart', content: '.quiet-picture .product-picture' },
  { path: '/login', content: '.form [type=submit]' },
  { path: '/register', content: '.form [type=submit]' },
  { path: '/orders', content: '.order-row .status', who: shopper },
  { path: '/orders/71fefe4a1cad4140785928a4', content: '.order-line .product-picture', who: shopper },
  { path: '/admin/products', content: '.admin-table .admin-actions', who: admin },
];
const marks = { score: 95, javaScriptKB: 130, lcpSeconds: 1.5, cls: 0.05 };
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;

type Row = {
  page: string;
  scores: number[];
  lcpSeconds: number;
  cls: number;
  javaScriptKB: number;
  missed: string[];
};

const rows: Row[] = [];
await mkdir('measure/reports', { recursive: true });
for (const page of pages) {
  rows.push(await measure(page));
}
print(rows);
await printFiles('dist/assets');
process.exitCode = rows.some((row) => row.missed.length > 0) ? 1 : 0;

async function measure(page: Page): Promise<Row> {
  const { path, who } = page;
  const chrome = await launch({
    chromePath,
    chromeFlags: ['--headless', ...chromeFlags],
  });
  try {
    if (who !== undefined) {
      const browser = await chromium.connectOverCDP(`http://127.0.0.1:${chrome.port}`);
      const [context = await browser.newContext()] = browser.contexts();
      await logIn(context, who);
      await browser.close();
    }
    // It empties the cache; the session is in a cookie, which it leaves.
    const run = await lighthouse(shop + path, {
      port: chrome.port,
      output: 'html',
      onlyCategories: [...categories],
    });
    if (run === undefined) {
      throw new Error(`Lighthouse has no result for ${path}`);
    }
    if (!run.lhr.finalDisplayedUrl.endsWith(path)) {
      throw new Error(`Lighthouse was led from ${path} to ${run.lhr.finalDisplayedUrl}`);
    }
    const name = path.replaceAll(/\W+/g, '-').replaceAll(/^-|-$/g, '') || 'catalogue';
    await writeFile(`measure/reports/${name}.html`, String(run.report));
    return judged(path, run.lhr, await paintOnAPhone(page));
  } finally {
    chrome.kill();
  }
}

async function logIn(context: BrowserContext, who: string): Promise<void> {
  const tab = await context.newPage();
  await tab.goto(`${shop}/login`);
  await tab.getByLabel('E-mail').fill(who);
  await tab.getByLabel('Password').fill(who);
  await tab.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await tab.getByRole('button', { name: 'Account' }).waitFor();
  await tab.close();
}

type Paint = { lcpSeconds: number; cls: number };

/**
 * The paints of the phone that Lighthouse simulates, but really slowed down. Lighthouse computes the largest
 * paint from a run at full speed, where the scripts are there before the first paint, and so counts them as
 * if the paint had waited for them.
 */
async function paintOnAPhone({ path, content, who }: Page): Promise<Paint> {
  const browser = await chromium.launch({ executablePath: chromePath, args: chromeFlags });
  try {
    const context = await browser.newContext({
      viewport: { width: 412, height: 823 },
      deviceScaleFactor: 1.75,
    });
    if (who !== undefined) {
      await logIn(context, who);
    }
    const tab = await context.newPage();
    const wire = await context.newCDPSession(tab);
    await wire.send('Network.enable');
    // Logging in has brought most of the scripts already.
    await wire.send('Network.clearBrowserCache');
    await wire.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 150,
      downloadThroughput: (1.6 * 1024 * 1024) / 8,
      uploadThroughput: (750 * 1024) / 8,
    });
    await wire.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await tab.goto(shop + path);
    await tab.locator(content).first().waitFor();
    return await tab.evaluate(readPaints);
  } finally {
    await browser.close();
  }
}

/** Runs in the page, until no paint and no shift has been added to for a second. */
function readPaints(): Promise<Paint> {
  type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };
  const calm = 1000;
  const paints = { lcpSeconds: Number.NaN, cls: 0 };
  return new Promise((done) => {
    let timer = setTimeout(() => done(paints), calm);
    const observe = (type: string, note: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          note(entry);
        }
        clearTimeout(timer);
        timer = setTimeout(() => done(paints), calm);
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

function judged(page: string, result: Result, { lcpSeconds, cls }: Paint): Row {
  const scores = categories.map((category) => Math.round((result.categories[category]?.score ?? 0) * 100));
  const javaScriptKB = bytesOfScripts(result) / 1000;
  const missed: string[] = [];
  for (const [index, score] of scores.entries()) {
    if (score < marks.score) {
      missed.push(categories[index] ?? '');
    }
  }
  if (!(lcpSeconds <= marks.lcpSeconds)) {
    missed.push('LCP');
  }
  if (!(cls <= marks.cls)) {
    missed.push('CLS');
  }
  if (!(javaScriptKB <= marks.javaScriptKB)) {
    missed.push('JavaScript');
  }
  return { page, scores, lcpSeconds, cls, javaScriptKB, missed };
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
  const head = [
    'page',
    'performance',
    'accessibility',
    'best practices',
    'SEO',
    'LCP s',
    'CLS',
    'JavaScript KB',
  ];
  const least = `>= ${marks.score}`;
  const mark = [
    'mark',
    ...categories.map(() => least),
    `<= ${marks.lcpSeconds}`,
    `<= ${marks.cls}`,
    `<= ${marks.javaScriptKB}`,
  ];
  const lines = all.map((row) => [
    row.page,
    ...row.scores.map(String),
    row.lcpSeconds.toFixed(2),
    row.cls.toFixed(3),
    row.javaScriptKB.toFixed(1),
    row.missed.length === 0 ? '' : `missed: ${row.missed.join(', ')}`,
  ]);
  const table = [head, mark, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  for (const [page = '', ...figures] of table) {
    const aligned = figures.map((figure, column) => figure.padStart(widths[column + 1] ?? 0));
    console.log([page.padEnd(widths[0] ?? 0), ...aligned].join('  ').trimEnd());
  }
  const missed = all.filter((row) => row.missed.length > 0).length;
  console.log(missed === 0 ? '\nEvery mark is met.' : `\n${missed} of ${all.length} pages miss a mark.`);
}

/** What the built files weigh on the wire: a text file as its `.gz`, a font as it is. */
async function printFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  const files = names.filter((name) => /\.(?:js|css|woff2)$/.test(name));
  const sizes = await Promise.all(
    files.map(async (name) => {
      const sent = names.includes(`${name}.gz`) ? `${name}.gz` : name;
      return { name, size: (await stat(join(folder, sent))).size };
    }),
  );
  console.log('\nThe files, as they are sent:');
  for (const { name, size } of sizes.toSorted((a, b) => b.size - a.size)) {
    console.log(`${(size / 1000).toFixed(1).padStart(8)} KB  ${name}`);
  }
}
