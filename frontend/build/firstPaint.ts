import { basename } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

/**
 * Orders the downloads of the first paint: the font is preloaded, because the browser would otherwise find it
 * only in the style sheet, and scripts get a low priority. Also passes the scripts of each page to
 * `before-paint.js`, which preloads them together with the entry script.
 */
export function firstPaint(): Plugin {
  return {
    name: 'first-paint',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const fonts = Object.keys(bundle).filter((file) => file.endsWith('.woff2'));
        const pages = JSON.stringify(scriptsByPage(bundle)).replaceAll('"', '&quot;');
        return {
          html: html
            .replaceAll(/<(?:script type="module"|link rel="modulepreload")/g, '$& fetchpriority="low"')
            .replace('<script src="/before-paint.js"', `$& data-pages="${pages}"`),
          tags: fonts.map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', href: `/${file}`, as: 'font', type: 'font/woff2', crossorigin: '' },
            injectTo: 'head-prepend' as const,
          })),
        };
      },
    },
  };
}

/** The scripts of each lazily loaded page by its name, without those that every page loads. */
function scriptsByPage(bundle: Rolldown.OutputBundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
  const withImports = (file: string): string[] => {
    const chunk = chunks.find(({ fileName }) => fileName === file);
    return [file, ...(chunk?.imports ?? []).flatMap(withImports)];
  };
  const shared = new Set(
    chunks.filter((chunk) => chunk.isEntry).flatMap(({ fileName }) => withImports(fileName)),
  );
  const pages = chunks.filter((chunk) => chunk.isDynamicEntry && chunk.facadeModuleId?.endsWith('Page.tsx'));
  return Object.fromEntries(
    pages.map((chunk) => {
      const files = [...new Set(withImports(chunk.fileName))].filter((file) => !shared.has(file));
      return [basename(chunk.facadeModuleId ?? '', '.tsx'), files.map((file) => `/${file}`)];
    }),
  );
}
