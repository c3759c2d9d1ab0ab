import { lazyWithPreload } from '../app/lazyWithPreload';

/** In a module of its own, because placing an order preloads it. */
export const orderPage = lazyWithPreload(() => import('./OrderPage'));
