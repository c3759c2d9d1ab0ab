import { places } from './pages';
import { test } from './shop';

test.use({ allowed: /status of 404/, contextOptions: { reducedMotion: 'reduce' } });

for (const width of [390, 1280]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      test.use({ viewport: { width, height: width < 600 ? 844 : 860 }, colorScheme });
      for (const place of places) {
        test(`given ${width} pixels and ${colorScheme} colours, when ${place.name} is shown, then its picture is kept`, async ({
          page,
          api,
          someone,
        }) => {
          await place.open(page, api, someone);
          await page.screenshot({ path: `screenshots/${place.name}-${width}-${colorScheme}.png` });
        });
      }
    });
  }
}
