import type { Product } from '../api/types';
import { toCents } from '../product/money';
import type { Cart, CartLine } from './cart';

/** Whether the shop can currently deliver a line of the cart. */
export type Availability =
  | { kind: 'unknown' }
  | { kind: 'not-found' }
  | { kind: 'sold-out'; product: Product }
  | { kind: 'short'; product: Product; left: number }
  | { kind: 'available'; product: Product };

export type PricedLine = CartLine & { availability: Availability };

/** The product is undefined while it is loading, and null if it does not exist. */
export function availabilityOf(line: CartLine, product: Product | null | undefined): Availability {
  if (product === undefined) {
    return { kind: 'unknown' };
  }
  if (product === null) {
    return { kind: 'not-found' };
  }
  if (product.quantity <= 0) {
    return { kind: 'sold-out', product };
  }
  if (product.quantity < line.quantity) {
    return { kind: 'short', product, left: product.quantity };
  }
  return { kind: 'available', product };
}

/** In cents; null if the price is unknown. */
export function lineTotal({ quantity, availability }: PricedLine): bigint | null {
  return 'product' in availability ? toCents(availability.product.price) * BigInt(quantity) : null;
}

/** In cents; null while any price is loading. Products that no longer exist cost nothing. */
export function total(lines: readonly PricedLine[]): bigint | null {
  if (lines.some(({ availability }) => availability.kind === 'unknown')) {
    return null;
  }
  return lines.reduce((sum, line) => sum + (lineTotal(line) ?? 0n), 0n);
}

export function needsAttention({ availability }: PricedLine): boolean {
  return ['not-found', 'sold-out', 'short'].includes(availability.kind);
}

/** The cart with at most the stock of each product. */
export function matchStock(lines: readonly PricedLine[]): Cart {
  return lines.flatMap(({ name, quantity, availability }) => {
    switch (availability.kind) {
      case 'not-found':
      case 'sold-out':
        return [];
      case 'short':
        return [{ name, quantity: availability.left }];
      default:
        return [{ name, quantity }];
    }
  });
}
