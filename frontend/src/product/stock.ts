/** What the shop can count of one thing. */
export const mostPieces = 2_147_483_647;

export type Stock = { level: 'none' | 'low' | 'plenty'; text: string };

export function stockOf(quantity: number): Stock {
  if (quantity <= 0) {
    return { level: 'none', text: 'Sold out' };
  }
  if (quantity <= 5) {
    return { level: 'low', text: `Only ${quantity} left` };
  }
  return { level: 'plenty', text: quantity > 99 ? 'In stock' : `${quantity} in stock` };
}
