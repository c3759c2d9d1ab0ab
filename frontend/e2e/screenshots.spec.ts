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
          await page.screenshot({ path: `screenshots/${place.name}-${width}-${colorScheme}.png` });
        });
      });
    });
  }
}
