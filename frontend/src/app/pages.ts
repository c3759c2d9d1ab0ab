import { matchPath } from 'react-router';
import { orderPage } from '../orders/orderPage';
import { session } from '../session/session';
import { lazyWithPreload, type PreloadablePage } from '../ui/lazyWithPreload';

const catalogue = lazyWithPreload(() => import('../catalogue/CataloguePage'));

/**
 * The pages by path, in this case, and required role. public/before-paint.js has their shells, and
 * infrastructure/nginx/nginx.conf.template their status.
 */
export const pages = {
  public: {
    '/': catalogue,
    '/products': catalogue,
    '/products/:name': lazyWithPreload(() => import('../catalogue/ProductPage')),
    '/cart': lazyWithPreload(() => import('../cart/CartPage')),
    '/login': lazyWithPreload(() => import('../account/LogInPage')),
    '/register': lazyWithPreload(() => import('../account/RegisterPage')),
  },
  user: {
    '/orders': lazyWithPreload(() => import('../orders/OrdersPage')),
    '/orders/:id': orderPage,
  },
  admin: {
    '/admin/products': lazyWithPreload(() => import('../admin/AdminProductsPage')),
  },
} satisfies Record<string, Record<string, PreloadablePage>>;

export const notFound = lazyWithPreload(() => import('./NotFoundPage'));

/** Loads the page of a path, so that the first render shows it without a loading state. */
export async function preloadPage(pathname: string): Promise<void> {
  const isSignedOut = session.state().status === 'signed-out';
  const allPages = { ...pages.public, ...pages.user, ...pages.admin };
  const [path, page] = Object.entries<PreloadablePage>(allPages).find(([pattern]) =>
    matchPath({ path: pattern, caseSensitive: true }, pathname),
  ) ?? ['', notFound];
  const needsLogIn = isSignedOut && (path in pages.user || path in pages.admin);
  try {
    await (needsLogIn ? pages.public['/login'] : page).preload();
  } catch {
    // ErrorBoundary reports it when the page is rendered.
  }
}
