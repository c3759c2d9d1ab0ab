import Button from 'react-bootstrap/Button';
import type { Product } from '../api/types';
import { notify } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import { add, MAX_LINES, quantityOf } from './cart';
import { cartStore, useCart } from './cartStore';

type Props = { product: Product; quantity?: number; compact?: boolean };

export function AddToCart({ product, quantity = 1, compact = false }: Props) {
  const left = product.quantity - quantityOf(useCart(), product.name);
  const size = compact ? { size: 'sm' as const } : { size: 'lg' as const };
  if (product.quantity <= 0) {
    return (
      <Button {...size} variant="secondary" disabled>
        Sold out
      </Button>
    );
  }
  if (left <= 0) {
    return (
      // Not `disabled`, because the button that was just pressed must keep the focus.
      <Button {...size} variant="secondary" className="disabled" aria-disabled>
        Maximum in cart
      </Button>
    );
  }
  return (
    <Button {...size} className="add-to-cart" onClick={() => addToCart(product, Math.min(quantity, left))}>
      Add<span className={compact ? 'visually-hidden' : undefined}> to cart</span>
      {compact && <span className="visually-hidden">: {displayName(product.name)}</span>}
    </Button>
  );
}

function addToCart(product: Product, quantity: number): void {
  const cart = cartStore.cart();
  if (cart.length >= MAX_LINES && quantityOf(cart, product.name) === 0) {
    notify({ severity: 'error', text: `Your cart can have at most ${MAX_LINES} different products.` });
    return;
  }
  cartStore.change((current) => add(current, { name: product.name, quantity }));
  const added = quantity === 1 ? displayName(product.name) : `${quantity} × ${displayName(product.name)}`;
  notify({
    severity: 'success',
    text: `${added} added to your cart.`,
    link: { to: '/cart', label: 'View cart' },
  });
}
