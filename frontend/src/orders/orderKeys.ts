/** Where orders are kept in the query cache: under their buyer, so that nobody sees another's. */
export const orderKeys = {
  of: (buyer: string) => ['orders', buyer] as const,
  lists: (buyer: string) => ['orders', buyer, 'list'] as const,
  one: (buyer: string, id: string) => ['orders', buyer, 'one', id] as const,
  change: (buyer: string, id: string) => ['orders', buyer, 'change', id] as const,
};
