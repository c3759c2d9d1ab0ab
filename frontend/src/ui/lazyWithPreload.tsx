import { type ComponentType, lazy, type ReactElement, useState } from 'react';

type Preloadable<Props> = ((props: Props) => ReactElement) & { preload: () => Promise<unknown> };
export type PreloadablePage = Preloadable<object>;

/** A script did not load: no network, or the shop was deployed again since the page was loaded. */
export class ChunkLoadError extends Error {
  override readonly name = 'ChunkLoadError';
}

/** Like `React.lazy`, but can be preloaded. A preloaded component renders without suspending. */
export function lazyWithPreload<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): Preloadable<Props> {
  let component: ComponentType<Props> | null = null;
  async function preload(): Promise<{ default: ComponentType<Props> }> {
    try {
      const module = await load();
      component = module.default;
      return module;
    } catch (cause) {
      throw new ChunkLoadError('cannot load a script of the page', { cause });
    }
  }
  const Lazy: ComponentType<Props> = lazy(preload);
  function LazyOrLoaded(props: Props) {
    const [Shown] = useState<ComponentType<Props>>(() => component ?? Lazy);
    return <Shown {...props} />;
  }
  return Object.assign(LazyOrLoaded, { preload });
}
