import { forEachPlace } from './pages';
import { test } from './shop';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const width of [390, 1280]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      test.use({ viewport: { width, height: width < 600 ? 844 : 860 }, colorScheme });
      forEachPlace((place) => {
        test(`given ${width} pixels and ${colorScheme} colours, when ${place.name} is shown, then its picture is kept`, async ({
          page,
          api,
          someone,
        }) => {
          await place.open(page, api, someone);
          if ((await page.getByRole('dialog').count()) === 0) {
            // All of the page, on a screen that is as high: what is out of sight would not be drawn yet.
            const height = await page.evaluate(() => document.documentElement.scrollHeight);
            await page.setViewportSize({ width, height });
          }
          await page.screenshot({ path: `screenshots/${place.name}-${width}-${colorScheme}.png` });
        });
      });
    });
  }
}
