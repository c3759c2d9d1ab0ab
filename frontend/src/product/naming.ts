/** Names are kept in lower case; a shop window has them with a capital. */
export function titled(name: string): string {
  const [first = ''] = name;
  return first.toLocaleUpperCase('en-GB') + name.slice(first.length);
}

/** The order that a person expects: without regard to case, and 9 before 10. */
export const byName = new Intl.Collator('en-GB', { numeric: true, sensitivity: 'base' }).compare;

export function productPath(name: string): string {
  return `/products/${encodeURIComponent(name)}`;
}
