import Button from 'react-bootstrap/Button';
import type { Product } from '../api/types';
import { notify } from '../notices/notices';
import { titled } from '../product/naming';
import { add, mostLines, quantityOf } from './cart';
import { cartStore, useCart } from './cartStore';

type Props = { product: Product; quantity?: number; compact?: boolean };

export function AddToCart({ product, quantity = 1, compact = false }: Props) {
  const present = quantityOf(useCart(), product.name);
  const room = product.quantity - present;
  const size = compact ? { size: 'sm' as const } : { size: 'lg' as const };
  if (product.quantity <= 0) {
    return (
      <Button {...size} variant="secondary" disabled>
        Sold out
      </Button>
    );
  }
  if (room <= 0) {
    return (
      // Still a button that can have the focus: whoever has just pressed it is on it.
      <Button {...size} variant="secondary" className="disabled" aria-disabled>
        All in your cart
      </Button>
    );
  }
  return (
    <Button {...size} className="add-to-cart" onClick={() => put(product, Math.min(quantity, room))}>
      Add<span className={compact ? 'visually-hidden' : undefined}> to cart</span>
      {compact && <span className="visually-hidden">: {titled(product.name)}</span>}
    </Button>
  );
}

function put(product: Product, quantity: number): void {
  const cart = cartStore.cart();
  if (cart.length >= mostLines && quantityOf(cart, product.name) === 0) {
    notify({ tone: 'bad', text: `An order has at most ${mostLines} different products.` });
    return;
  }
  cartStore.change((now) => add(now, { name: product.name, quantity }));
  const what = quantity === 1 ? titled(product.name) : `${quantity} × ${titled(product.name)}`;
  notify({ tone: 'good', text: `${what} added to your cart.`, link: { to: '/cart', words: 'See cart' } });
}
