/** Names are kept in lower case; a shop window has them with a capital. */
export function titled(name: string): string {
  const [first = ''] = name;
  return first.toLocaleUpperCase('en-GB') + name.slice(first.length);
}

export function productPath(name: string): string {
  return `/products/${encodeURIComponent(name)}`;
}
