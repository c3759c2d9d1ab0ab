/** Money is counted in whole cents, because sums of floating-point prices would be inexact. */
export function toCents(price: number): bigint {
  return BigInt(Math.round(price * 100));
}

const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });

export function formatMoney(cents: bigint): string {
  const digits = cents.toString().padStart(3, '0');
  return euros.format(`${digits.slice(0, -2)}.${digits.slice(-2)}` as Intl.StringNumericLiteral);
}

export function formatPrice(price: number): string {
  return formatMoney(toCents(price));
}
