import { type ComponentType, lazy, type ReactElement, useState } from 'react';

export type Later<Props = object> = ((props: Props) => ReactElement) & { fetch: () => Promise<unknown> };
export type LaterPage = Later;

/** Code did not come: no network, or the shop has been renewed since the page was loaded. */
export class CodeMissing extends Error {
  override readonly name = 'CodeMissing';
}

/** A part whose code comes when it is needed. Code that is there already is drawn at once. */
export function later<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): Later<Props> {
  let part: ComponentType<Props> | null = null;
  async function fetch(): Promise<{ default: ComponentType<Props> }> {
    try {
      const loaded = await load();
      part = loaded.default;
      return loaded;
    } catch (cause) {
      throw new CodeMissing('The code of this part did not come.', { cause });
    }
  }
  const whenItComes: ComponentType<Props> = lazy(fetch);
  function Part(props: Props) {
    const [Shown] = useState<ComponentType<Props>>(() => part ?? whenItComes);
    return <Shown {...props} />;
  }
  return Object.assign(Part, { fetch });
}
