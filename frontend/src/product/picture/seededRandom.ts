/** A pseudo-random generator of numbers from 0 to 1, seeded by a text. Different texts give different sequences. */
export function seededRandom(text: string): () => number {
  let a = hash(text, 0x81_1c_9d_c5);
  let b = hash(text, 0x9e_37_79_b9);
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) | 0;
    b ^= b << 13;
    b ^= b >>> 17;
    b ^= b << 5;
    return ((a ^ b) >>> 0) / 4_294_967_296;
  };
}

function hash(text: string, start: number): number {
  let value = start;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01_00_01_93);
    value ^= value >>> 15;
  }
  // xorshift would stay at zero.
  return value | 1;
}
