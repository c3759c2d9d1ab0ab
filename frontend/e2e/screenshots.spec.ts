import { test } from './fixtures';
import { forEachPage } from './pageStates';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const width of [390, 1280]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      test.use({ viewport: { width, height: width < 600 ? 844 : 860 }, colorScheme });
      forEachPage((state) => {
        test(`given ${width} pixels and ${colorScheme} colours, when ${state.name} is shown, then a screenshot is saved`, async ({
          page,
          api,
          user,
        }) => {
          await state.open(page, api, user);
          if ((await page.getByRole('dialog').count()) === 0) {
            // A viewport as high as the page, because content outside it is not rendered yet.
            const height = await page.evaluate(() => document.documentElement.scrollHeight);
            await page.setViewportSize({ width, height });
          }
          await page.screenshot({ path: `screenshots/${state.name}-${width}-${colorScheme}.png` });
        });
      });
    });
  }
}
