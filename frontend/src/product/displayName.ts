/** Names are stored in lower case, and shown with a capital. */
export function displayName(name: string): string {
  const [first = ''] = name;
  return first.toLocaleUpperCase('en-GB') + name.slice(first.length);
}
