/** The highest stock of a product, and the highest quantity of a line. */
export const MAX_QUANTITY = 2_147_483_647;

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
