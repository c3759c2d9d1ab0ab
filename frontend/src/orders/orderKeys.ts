/** The query keys of orders. They contain the buyer, so that no user sees the cached orders of another. */
export const orderKeys = {
  all: (buyer: string) => ['orders', buyer] as const,
  lists: (buyer: string) => ['orders', buyer, 'list'] as const,
  one: (buyer: string, id: string) => ['orders', buyer, 'one', id] as const,
  change: (buyer: string, id: string) => ['orders', buyer, 'change', id] as const,
};
