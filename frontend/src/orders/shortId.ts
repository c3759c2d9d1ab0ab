/** The end of an id is what tells orders apart. */
export function shortId(id: string): string {
  return id.slice(-6);
}
