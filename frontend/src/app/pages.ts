import { matchPath } from 'react-router';
import { orderPage } from '../orders/orderPage';
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
    '/orders/:id': orderPage,
  },
  admin: {
    '/admin/products': later(() => import('../admin/AdminProductsPage')),
  },
} satisfies Record<string, Record<string, LaterPage>>;

export const notFound = later(() => import('./NotFoundPage'));

/** Brings the code of the page that an address leads to, so that the first thing drawn is that page. */
export async function fetchPage(address: string): Promise<void> {
  const isVisitor = session.state().status === 'visitor';
  const all = { ...pages.everybody, ...pages.user, ...pages.admin };
  const [path, page] = Object.entries<LaterPage>(all).find(([each]) => matchPath(each, address)) ?? [
    '',
    notFound,
  ];
  const isForOthers = isVisitor && (path in pages.user || path in pages.admin);
  try {
    await (isForOthers ? pages.everybody['/login'] : page).fetch();
  } catch {
    // The page itself says so, and offers to try again.
  }
}
