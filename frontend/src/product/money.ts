/** The shop counts in whole cents; a sum of floating-point prices would drift. */
export function cents(price: number): bigint {
  return BigInt(Math.round(price * 100));
}

const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });

export function money(amount: bigint): string {
  const digits = amount.toString().padStart(3, '0');
  return format.format(`${digits.slice(0, -2)}.${digits.slice(-2)}` as Intl.StringNumericLiteral);
}

export function priceText(price: number): string {
  return money(cents(price));
}
