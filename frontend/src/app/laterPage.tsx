import { type ComponentType, lazy, useState } from 'react';

type PageModule = { default: ComponentType };
export type LaterPage = ComponentType & { fetch: () => Promise<unknown> };

/** The code of a page did not come: no network, or the shop has been renewed since this page was loaded. */
export class CodeMissing extends Error {
  override readonly name = 'CodeMissing';
}

/** A page whose code comes when it is gone to. Code that is there already is drawn at once. */
export function laterPage(load: () => Promise<PageModule>): LaterPage {
  let page: ComponentType | null = null;
  async function fetch(): Promise<PageModule> {
    try {
      const loaded = await load();
      page = loaded.default;
      return loaded;
    } catch (cause) {
      throw new CodeMissing('The code of this page did not come.', { cause });
    }
  }
  const whenItComes = lazy(fetch);
  function Page() {
    const [Shown] = useState<ComponentType>(() => page ?? whenItComes);
    return <Shown />;
  }
  return Object.assign(Page, { fetch });
}
