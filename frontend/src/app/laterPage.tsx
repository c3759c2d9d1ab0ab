import { type ComponentType, lazy, useState } from 'react';

type PageModule = { default: ComponentType };
export type LaterPage = ComponentType & { fetch: () => Promise<unknown> };

/** A page whose code comes when it is gone to. Code that is there already is drawn at once. */
export function laterPage(load: () => Promise<PageModule>): LaterPage {
  let page: ComponentType | null = null;
  let whenItComes = lazy(fetch);
  async function fetch(): Promise<PageModule> {
    try {
      const loaded = await load();
      page = loaded.default;
      return loaded;
    } catch (error) {
      // The next try asks anew.
      whenItComes = lazy(fetch);
      throw error;
    }
  }
  function Page() {
    const [Shown] = useState<ComponentType>(() => page ?? whenItComes);
    return <Shown />;
  }
  return Object.assign(Page, { fetch });
}
