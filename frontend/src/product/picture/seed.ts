/** A sequence of numbers from 0 to 1 that is the same for the same text, and for no other that one will meet. */
export function sequenceFor(text: string): () => number {
  let a = hash(text, 0x811c9dc5);
  let b = hash(text, 0x9e3779b9);
  return () => {
    a = (Math.imul(a, 1664525) + 1013904223) | 0;
    b ^= b << 13;
    b ^= b >>> 17;
    b ^= b << 5;
    return ((a ^ b) >>> 0) / 4294967296;
  };
}

function hash(text: string, start: number): number {
  let value = start;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
    value ^= value >>> 15;
  }
  // xorshift stands still at zero.
  return value | 1;
}
