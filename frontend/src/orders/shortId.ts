/** The end of an id is enough to distinguish orders. */
export function shortId(id: string): string {
  return id.slice(-6);
}
