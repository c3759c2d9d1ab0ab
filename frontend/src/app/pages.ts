import { matchPath } from 'react-router';
import { session } from '../session/session';
import { type LaterPage, later } from './later';

/**
 * The pages by their addresses, and who may see them. What of them is seen before the script has come is in
 * public/before-paint.js.
 */
const catalogue = later(() => import('../catalogue/CataloguePage'));

export const pages = {
  everybody: {
    '/': catalogue,
    '/products': catalogue,
    '/products/:name': later(() => import('../product/ProductPage')),
    '/cart': later(() => import('../cart/CartPage')),
    '/login': later(() => import('../account/LogInPage')),
    '/register': later(() => import('../account/RegisterPage')),
  },
  user: {
    '/orders': later(() => import('../orders/OrdersPage')),
    '/orders/:id': later(() => import('../orders/OrderPage')),
  },
  admin: {
    '/admin/products': later(() => import('../admin/AdminProductsPage')),
  },
} satisfies Record<string, Record<string, LaterPage>>;

/** Brings the code of the page that an address leads to, so that the first thing drawn is that page. */
export async function fetchPage(address: string): Promise<void> {
  const isVisitor = session.state().status === 'visitor';
  const mayBeSeen = isVisitor ? pages.everybody : { ...pages.everybody, ...pages.user, ...pages.admin };
  const found = Object.entries<LaterPage>(mayBeSeen).find(([path]) => matchPath(path, address));
  try {
    await found?.[1].fetch();
  } catch {
    // The page itself says so, and offers to try again.
  }
}
