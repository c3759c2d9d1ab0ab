import type { Product } from '../api/types';
import { cents } from '../product/money';
import type { Cart, CartLine } from './cart';

/** What the shop says now about a line of the cart. */
export type Standing =
  | { kind: 'unknown' }
  | { kind: 'gone' }
  | { kind: 'sold-out'; product: Product }
  | { kind: 'short'; product: Product; left: number }
  | { kind: 'fine'; product: Product };

export type ReckonedLine = CartLine & { standing: Standing };

/** The product is undefined until the shop has said, and null if it has no such thing. */
export function standingOf(line: CartLine, product: Product | null | undefined): Standing {
  if (product === undefined) {
    return { kind: 'unknown' };
  }
  if (product === null) {
    return { kind: 'gone' };
  }
  if (product.quantity <= 0) {
    return { kind: 'sold-out', product };
  }
  if (product.quantity < line.quantity) {
    return { kind: 'short', product, left: product.quantity };
  }
  return { kind: 'fine', product };
}

export function lineTotal({ quantity, standing }: ReckonedLine): bigint | null {
  return 'product' in standing ? cents(standing.product.price) * BigInt(quantity) : null;
}

/** None while the price of any line is not known; what is no longer sold costs nothing. */
export function total(lines: readonly ReckonedLine[]): bigint | null {
  if (lines.some(({ standing }) => standing.kind === 'unknown')) {
    return null;
  }
  return lines.reduce((sum, line) => sum + (lineTotal(line) ?? 0n), 0n);
}

export function needsMending({ standing }: ReckonedLine): boolean {
  return standing.kind === 'gone' || standing.kind === 'sold-out' || standing.kind === 'short';
}

/** The cart with no more of anything than there is. */
export function mended(lines: readonly ReckonedLine[]): Cart {
  return lines.flatMap(({ name, quantity, standing }) => {
    switch (standing.kind) {
      case 'gone':
      case 'sold-out':
        return [];
      case 'short':
        return [{ name, quantity: standing.left }];
      default:
        return [{ name, quantity }];
    }
  });
}
