import { basename } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

/**
 * What the first paint needs comes first: the font, which the browser would otherwise find only after the
 * style sheet, before the scripts, without which the page can be seen already. `before-paint.js` is told
 * which scripts each page is made of, so that they come together with the script that asks for them.
 */
export function firstPaint(): Plugin {
  return {
    name: 'first-paint',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const fonts = Object.keys(bundle).filter((file) => file.endsWith('.woff2'));
        const pages = JSON.stringify(scriptsOfPages(bundle)).replaceAll('"', '&quot;');
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

/** By the name of each page that is loaded later: its script, and those that it imports. */
function scriptsOfPages(bundle: Rolldown.OutputBundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
  const imported = (file: string): string[] => {
    const chunk = chunks.find(({ fileName }) => fileName === file);
    return [file, ...(chunk?.imports ?? []).flatMap(imported)];
  };
  const always = new Set(
    chunks.filter((chunk) => chunk.isEntry).flatMap(({ fileName }) => imported(fileName)),
  );
  const pages = chunks.filter((chunk) => chunk.isDynamicEntry && chunk.facadeModuleId?.endsWith('Page.tsx'));
  return Object.fromEntries(
    pages.map((chunk) => {
      const files = [...new Set(imported(chunk.fileName))].filter((file) => !always.has(file));
      return [basename(chunk.facadeModuleId ?? '', '.tsx'), files.map((file) => `/${file}`)];
    }),
  );
}
